/**
 * Which key a text is. What was read of the database is remembered for some seconds, also that there is none: within that time a key that is withdrawn at another instance is
 * still taken at this one. Keys that are not known are looked for together, in one statement at a time and ten a second at the most, however many come: whoever sends keys that they have
 * made up costs the database no more than that.
 *
 *   not remembered ---> looked for with all others that are ---> there: remembered; taken if it is the very key
 *                                |                          '--> not there: remembered for as long, of so many at the most
 *                                '--- the database is away ---> remembered from before: as it was, for some minutes; else `unavailable`
 */
import { timingSafeEqual } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { StoredKey } from "@segue/catalog-db";
import { ProblemError } from "../problem-error.ts";
import { digestOf, readKeyId } from "./key-text.ts";

export interface KeyPaces {
  /** How long what was read holds, in ms. */
  readonly freshMs: number;
  /** How long it holds while the database is away. */
  readonly staleMs: number;
  /** From one statement to the next. */
  readonly pauseMs: number;
  /** How long nobody is kept waiting for a database that was away. */
  readonly awayMs: number;
  /** How often it is asked again who holds a request open. */
  readonly askAgainMs: number;
}
export const keyPaces: KeyPaces = {
  ...{ freshMs: 5_000, staleMs: 600_000, pauseMs: 100, awayMs: 1_000, askAgainMs: 5_000 },
};

/** Looked for in one statement; that wait for it; remembered. */
const limits = { atOnce: 500, waiting: 5_000, known: 20_000, unknown: 20_000 };

export interface KeyFinder {
  /** The key that this text is, whatever has become of it; undefined: none. @throws {ProblemError} `unavailable`. */
  find(text: string): Promise<StoredKey | undefined>;
  /** What has become of a key that was taken. @throws {ProblemError} `unavailable`. */
  readAgain(id: string): Promise<StoredKey | undefined>;
  /** It is read anew the next time. */
  forget(id: string): void;
}

export interface KeyFinderOptions {
  /** @throws {ProblemError} `unavailable`. */
  read(ids: readonly string[]): Promise<readonly StoredKey[]>;
  /** These were used; their rows don't say so yet. */
  noteUsed(ids: readonly string[]): void;
  readonly paces?: KeyPaces;
  /** In ms, from any beginning. */
  clock?(): number;
}

interface Remembered {
  readonly key: StoredKey | undefined;
  readonly at: number;
}

export function createKeyFinder(options: KeyFinderOptions): KeyFinder {
  const { paces = keyPaces, clock = () => performance.now() } = options;
  const known = new Map<string, Remembered>();
  const unknown = new Map<string, Remembered>();
  let awayUntil = Number.NEGATIVE_INFINITY;
  const lookUp = createLookUp({
    pauseMs: paces.pauseMs,
    async read(ids) {
      try {
        const keys = new Map((await options.read(ids)).map((key) => [key.id, key]));
        const at = clock();
        for (const id of ids) remember(id, { key: keys.get(id), at });
        options.noteUsed([...keys.values()].filter(isUnnoted).map(({ id }) => id));
      } catch (error) {
        awayUntil = clock() + paces.awayMs;
        throw error;
      }
    },
  });
  const remember = (id: string, what: Remembered) => {
    const [is, isNot, most] = what.key
      ? ([known, unknown, limits.known] as const)
      : ([unknown, known, limits.unknown] as const);
    isNot.delete(id);
    // The latest stand last.
    is.delete(id);
    is.set(id, what);
    const [first] = is.keys();
    if (is.size > most && first !== undefined) is.delete(first);
  };
  const findId = async (id: string): Promise<StoredKey | undefined> => {
    const found = known.get(id) ?? unknown.get(id);
    const ageMs = found ? clock() - found.at : Number.POSITIVE_INFINITY;
    if (found && ageMs < paces.freshMs) return found.key;
    const isUsable = found?.key !== undefined && ageMs < paces.staleMs;
    const isAway = clock() < awayUntil;
    if (isUsable && isAway) return found.key;
    if (isAway) throw new ProblemError("unavailable", "whether the key is one can't be told now");
    const looked = lookUp(id);
    // That many are looked for says nothing of the database: what was known of a key is not gone by for it.
    if (!looked) throw new ProblemError("unavailable", "too many keys are looked for at this moment");
    try {
      await looked;
    } catch (error) {
      if (isUsable) return found.key;
      throw error;
    }
    return (known.get(id) ?? unknown.get(id))?.key;
  };
  return {
    async find(text) {
      const id = readKeyId(text);
      const key = id === undefined ? undefined : await findId(id);
      return key && timingSafeEqual(key.digest, digestOf(text)) ? key : undefined;
    },
    readAgain: findId,
    forget(id) {
      known.delete(id);
      unknown.delete(id);
    },
  };
}

const hourMs = 3_600_000;

function isUnnoted({ lastUsedAt }: StoredKey): boolean {
  return lastUsedAt === null || Date.now() - lastUsedAt.getTime() > hourMs;
}

/** Looks for ids together. */
function createLookUp({
  read,
  pauseMs,
}: {
  read(ids: readonly string[]): Promise<void>;
  readonly pauseMs: number;
}) {
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  let isAtWork = false;
  const work = async () => {
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, limits.atOnce);
      for (const [id] of batch) waiting.delete(id);
      await read(batch.map(([id]) => id)).then(
        () => {
          for (const [, { resolve }] of batch) resolve();
        },
        (error: unknown) => {
          for (const [, { reject }] of batch) reject(error);
        },
      );
      await sleep(pauseMs, undefined, { ref: false });
    }
    isAtWork = false;
  };
  /** Undefined: too many are waiting. */
  return (id: string): Promise<void> | undefined => {
    const already = waiting.get(id);
    if (already) return already.promise;
    if (waiting.size >= limits.waiting) return undefined;
    const asked = Promise.withResolvers<void>();
    waiting.set(id, asked);
    if (!isAtWork) {
      isAtWork = true;
      void work();
    }
    return asked.promise;
  };
}
