import { setTimeout as sleep } from "node:timers/promises";
import type { LiveChain, Names } from "@segue/chain";
import { type StepSpec, specOf, stepObjectPrefix } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import type { Logger } from "@segue/telemetry";
import { readDescription } from "./register-steps.ts";

export interface WatchOptions {
  readonly store: ObjectStore;
  readonly names: Names;
  readonly log: Logger;
  readonly pollMs: number;
}

/** Keeps a server's chain up to date with the steps that workers have registered. While storage is away, it stays as it was. */
export function watchChain(chain: LiveChain, options: WatchOptions): { stop(): void } {
  const { log, pollMs } = options;
  const stopping = new AbortController();
  /** By object and generation: what has not changed is not read again. */
  let known = new Map<string, StepSpec | undefined>();
  let failing = false;
  let told = "";
  const look = async () => {
    const found = await readRegistered(options, known);
    const isSame = found.size === known.size && [...found.keys()].every((key) => known.has(key));
    if (isSame) return;
    known = found;
    const leftOut = chain.update([...found.values()].filter((step) => step !== undefined));
    log.info(
      { steps: chain.steps.map(({ name, version }) => `${name}@${version}`) },
      "the chain has changed",
    );
    const words = leftOut.map(({ step, reason }) => `${step}: ${reason}`).join("; ");
    if (words !== told && words !== "")
      log.error({ leftOut }, "steps that contradict the chain are left out of it");
    told = words;
  };
  const work = async () => {
    while (!stopping.signal.aborted) {
      try {
        await look();
        failing = false;
      } catch (error) {
        if (!failing) log.warn({ error }, "registered steps can't be read; the chain stays as it was");
        failing = true;
      }
      await sleep(pollMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
  };
  void work();
  // Not waited for: storage may not answer, and nothing that goes on can do harm.
  return { stop: () => stopping.abort() };
}

async function readRegistered(
  { store, names }: WatchOptions,
  known: ReadonlyMap<string, StepSpec | undefined>,
): Promise<Map<string, StepSpec | undefined>> {
  const found = new Map<string, StepSpec | undefined>();
  const place = { bucket: names.bucket("records"), prefix: stepObjectPrefix };
  for await (const { bucket, name, generation } of store.walkObjects(place)) {
    const key = `${name}#${generation}`;
    if (known.has(key)) {
      found.set(key, known.get(key));
      continue;
    }
    const description = await readDescription(store, { bucket, name });
    found.set(key, description && specOf(description));
  }
  return found;
}
