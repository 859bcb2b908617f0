import { setTimeout as sleep } from "node:timers/promises";
import type { LeftOut, LiveChain, Names } from "@segue/chain";
import { type StepSpec, specOf, stepObjectPrefix } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import type { Logger } from "@segue/telemetry";
import { readDescription } from "./read-description.ts";

export interface WatchOptions {
  readonly store: ObjectStore;
  readonly names: Names;
  readonly log: Logger;
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

/** Keeps a server's chain up to date with the steps that workers have registered. While storage is away, it stays as it was. */
export function watchChain(chain: LiveChain, options: WatchOptions): ChainWatch {
  const { log, pollMs } = options;
  const stopping = new AbortController();
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
  const work = async (onLooked: () => void) => {
    while (!stopping.signal.aborted) {
      try {
        await look();
        onLooked();
        failing = false;
      } catch (error) {
        if (!failing) log.warn({ error }, "registered steps can't be read; the chain stays as it was");
        failing = true;
      }
      await sleep(pollMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
  };
  const looked = new Promise<void>((resolve) => void work(resolve));
  return { looked, stop: () => stopping.abort() };
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
    const key = `${name}#${generation}`;
    const before = known.get(key);
    const item = before ?? (await readDescription(store, { bucket, name }));
    if (item === undefined) continue;
    if (item instanceof TypeError) found.set(key, { step: name, reason: item.message });
    else found.set(key, "v" in item ? specOf(item) : item);
  }
  return found;
}
