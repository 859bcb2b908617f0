import { setTimeout as sleep } from "node:timers/promises";
import type { LeftOut, LiveChain, Names } from "@segue/chain";
import {
  type StepSpec,
  type StepsRegistered,
  specOf,
  stepObjectName,
  stepObjectPrefix,
} from "@segue/contracts";
import type { NewsSource } from "@segue/step";
import type { ObjectStore } from "@segue/store";
import type { Logger } from "@segue/telemetry";
import { readDescription } from "./read-description.ts";

/** While nothing can tell of steps that register, storage is asked so often. */
const unheardMs = 15_000;
/** After a look that failed. */
const retryMs = 5_000;
/** How long the first look waits until news can come: what registers in between is found by a second one. */
const listeningMs = 2_000;
/** Servers that have started together look apart: pauses are longer or shorter by so much. */
const jitter = 0.2;

export interface WatchOptions {
  readonly store: ObjectStore;
  readonly names: Names;
  readonly hearing: NewsSource;
  readonly log: Logger;
  /** Pause between looks that nothing has called for, in ms: what was told and got lost is found by them. */
  readonly pollMs: number;
}

export interface ChainWatch {
  /** Resolves when storage has told for the first time which steps are registered. */
  readonly looked: Promise<void>;
  /** At once, whether storage answers or not. */
  stop(): void;
}

/** By object and generation: what has not changed is not read again. */
type Registered = ReadonlyMap<string, StepSpec | LeftOut>;

/**
 * Keeps a server's chain up to date with the steps that workers have registered. Storage tells which they are: it is asked at the start, when
 * there is news of something that is not known, and every few minutes. While it is away, the chain stays as it was.
 */
export function watchChain(chain: LiveChain, options: WatchOptions): ChainWatch {
  const { log, pollMs, hearing } = options;
  const stopping = new AbortController();
  const calls = createCalls();
  let known: Registered | undefined;
  let failing = false;
  let toldOf = "";
  const take = (found: Registered) => {
    const before = wordsOf(chain);
    const all = [...found.values()];
    const leftOut = [
      ...all.filter((item) => "reason" in item),
      ...chain.update(all.flatMap((item) => ("reason" in item ? [] : [item]))),
    ];
    if (wordsOf(chain) !== before) log.info({ steps: wordsOf(chain) }, "the chain has changed");
    const words = leftOut.map(({ step, reason }) => `${step}: ${reason}`).join("; ");
    if (words !== toldOf && words !== "")
      log.error({ leftOut }, "registered steps that can't be part of the chain are left out of it");
    toldOf = words;
  };
  const look = async () => {
    const found = await readRegistered(options, known ?? new Map());
    if (stopping.signal.aborted || (known && hasSameKeys(found, known))) return;
    known = found;
    take(found);
  };
  hearing.onNews((news) => {
    if (news === undefined || (news.type === "StepsRegistered" && !isKnown(known, news))) calls.call();
  });
  const pauseMs = () => {
    const ms = Math.min(pollMs, failing ? retryMs : hearing.isListening() ? pollMs : unheardMs);
    return ms * (1 + jitter * (2 * Math.random() - 1));
  };
  const work = async (onLooked: () => void) => {
    await calls.within(listeningMs, stopping.signal);
    while (!stopping.signal.aborted) {
      // What is called for while it looks is looked at again.
      calls.answer();
      try {
        await look();
        onLooked();
        failing = false;
      } catch (error) {
        if (!failing) log.warn({ error }, "registered steps can't be read; the chain stays as it was");
        failing = true;
      }
      await calls.within(pauseMs(), stopping.signal);
    }
  };
  const looked = new Promise<void>((resolve) => void work(resolve));
  return { looked, stop: () => stopping.abort() };
}

/** Calls for a look, of which many come to one. */
function createCalls() {
  let next = Promise.withResolvers<void>();
  return {
    call: () => next.resolve(),
    answer() {
      next = Promise.withResolvers();
    },
    /** Resolves when there is one, the time is over, or the signal is aborted. */
    async within(ms: number, signal: AbortSignal): Promise<void> {
      const done = new AbortController();
      const either = AbortSignal.any([signal, done.signal]);
      const late = sleep(ms, undefined, { signal: either, ref: false }).catch(() => {});
      await Promise.race([next.promise, late]);
      done.abort();
    },
  };
}

/** Whether what is told is nothing new. */
function isKnown(known: Registered | undefined, { generations }: StepsRegistered): boolean {
  const keys = [...(known?.keys() ?? [])];
  return Object.entries(generations).every(([step, generation]) => {
    const name = stepObjectName(step);
    return generation === null
      ? !keys.some((key) => key.startsWith(keyOf(name, "")))
      : keys.includes(keyOf(name, generation));
  });
}

function keyOf(name: string, generation: string): string {
  return `${name}#${generation}`;
}

function wordsOf(chain: LiveChain): string {
  return chain.steps.map(({ name, version }) => `${name}@${version}`).join(" ");
}

function hasSameKeys(a: Registered, b: Registered): boolean {
  return a.size === b.size && [...a.keys()].every((key) => b.has(key));
}

async function readRegistered({ store, names }: WatchOptions, known: Registered): Promise<Registered> {
  const found = new Map<string, StepSpec | LeftOut>();
  const place = { bucket: names.bucket("records"), prefix: stepObjectPrefix };
  for await (const { bucket, name, generation } of store.walkObjects(place)) {
    const key = keyOf(name, generation);
    const before = known.get(key);
    const item = before ?? (await readDescription(store, { bucket, name }));
    if (item === undefined) continue;
    if (item instanceof TypeError) found.set(key, { step: name, reason: item.message });
    else found.set(key, "v" in item ? specOf(item) : item);
  }
  return found;
}
