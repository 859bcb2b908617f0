/**
 * How all who wait in this process hear of changes, however many they are: one reads the feed for all of them, and only while somebody waits.
 *
 *   nobody waits --- somebody comes ---> it is told that changes are wanted here; a look ---> news of changes, or a while without ---> a look ...
 *        ^                                                                                                                             |
 *        '------------------------------------------------ the last one has gone <----------------------------------------------------'
 *
 * Catalogs tell of changes for as long as somebody has asked for it of late (`ChangesWanted`), so a fleet that nobody watches pays for no news. News may get
 * lost: a look that nothing has called for comes after some seconds.
 */
import type { ChangesWanted, ReadChanges, StoredChange } from "@segue/catalog-db";
import { changesWantedForMs } from "@segue/contracts";
import type { NewsSource } from "@segue/step";
import type { Logger } from "@segue/telemetry";
import type { ChangeSource } from "./read-change-page.ts";

/** Read in one statement. */
const atOnce = 1_000;
/** Kept for those who are a little behind. */
const mostKept = 5_000;
/** Between looks that nothing has called for: while news can be heard, and while they can't. */
const pausesMs = { heard: 5_000, unheard: 1_000 };

export interface FollowOptions {
  readonly catalog: ChangeSource;
  readonly news?: NewsSource | undefined;
  readonly log: Logger;
  /** Tells the catalogs that somebody waits. */
  announceWanted(): Promise<void>;
  readonly pausesMs?: typeof pausesMs;
}

export interface FeedFollower extends ChangeSource {
  /** Resolves when there may be something behind the change with this number, or once the signal aborts. */
  waitBehind(number: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

interface Waiter {
  readonly behind: number;
  resolve(): void;
}

export function followFeed(options: FollowOptions): FeedFollower {
  const { catalog, news, log } = options;
  const waiters = new Set<Waiter>();
  const recent = createRecent();
  const pauses = options.pausesMs ?? pausesMs;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  /** Something may have happened since the last look began. */
  let isDirty = true;
  let isClosed = false;
  let wantedAt = Number.NEGATIVE_INFINITY;

  const look = async () => {
    isDirty = false;
    for (let isMore = true; isMore && !isClosed; ) {
      const after = recent.last() ?? Number.MAX_SAFE_INTEGER;
      const read = await catalog.changes({ after, limit: atOnce });
      const isAnew = recent.add(read);
      for (const waiter of waiters) if (isAnew || recent.isBehind(waiter.behind)) waiter.resolve();
      isMore = read.changes.length === atOnce;
    }
  };
  const schedule = () => {
    clearTimeout(timer);
    if (waiters.size === 0 || isClosed) return;
    timer = setTimeout(call, news?.isListening() ? pauses.heard : pauses.unheard);
  };
  const tellWanted = () => {
    if (performance.now() - wantedAt < changesWantedForMs / 2) return;
    wantedAt = performance.now();
    options.announceWanted().catch((error: unknown) => {
      log.debug({ error }, "the queue does not take that changes are wanted; they are looked for");
    });
  };
  const call = () => {
    isDirty = true;
    if (looking || waiters.size === 0 || isClosed) return;
    tellWanted();
    looking = look()
      .catch((error: unknown) => log.debug({ error }, "changes can't be read now"))
      .finally(() => {
        looking = undefined;
        if (isDirty) call();
        else schedule();
      });
  };
  news?.onNews((told) => {
    if (told === undefined || told.type === "ChangesTold") call();
  });

  return {
    // As the catalog tells it; what was read for all of late is not read once more.
    changes: async (wanted) => recent.read(wanted) ?? (await catalog.changes(wanted)),
    async waitBehind(behind, signal) {
      if (signal.aborted || isClosed || recent.isBehind(behind)) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const onAbort = () => resolve();
      const waiter = { behind, resolve };
      waiters.add(waiter);
      signal.addEventListener("abort", onAbort);
      // What was told while nobody waited was not looked for.
      if (isDirty || waiters.size === 1) call();
      await promise;
      signal.removeEventListener("abort", onAbort);
      waiters.delete(waiter);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      for (const { resolve } of waiters) resolve();
    },
  };
}

/** The latest changes that were read, without a gap. */
function createRecent() {
  let kept: StoredChange[] = [];
  let told: Omit<ReadChanges, "changes"> | undefined;
  return {
    last: () => told?.last,
    isBehind: (number: number) => told !== undefined && told.last > number,
    /** @returns whether the feed was begun anew. */
    add({ changes, ...read }: ReadChanges): boolean {
      const isAnew = told !== undefined && (told.epoch !== read.epoch || read.last < told.last);
      if (isAnew) kept = [];
      kept = [...kept, ...changes].slice(-mostKept);
      const isWhole = changes.length < atOnce;
      told = { ...read, last: isWhole ? read.last : (kept.at(-1)?.number ?? read.last) };
      return isAnew;
    },
    /** Undefined: not all of it is here. */
    read({ after, limit, trackId, owner }: ChangesWanted): ReadChanges | undefined {
      const [first] = kept;
      if (!told || !first || after < first.number - 1 || after > told.last) return undefined;
      const own = kept.filter(
        (change) =>
          change.number > after &&
          (trackId === undefined || change.trackId === trackId) &&
          (owner === undefined || change.owner === owner),
      );
      return { ...told, changes: own.slice(0, limit) };
    },
  };
}
