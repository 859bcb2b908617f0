import { setTimeout as sleep } from "node:timers/promises";
import type { Chain, Names } from "@segue/chain";
import { describeStep, type StepDescription, type StepSpec, stepObjectName } from "@segue/contracts";
import { type ObjectStore, PreconditionFailedError } from "@segue/store";
import type { Logger } from "@segue/telemetry";
import { readDescription } from "./read-description.ts";

/** A description that was removed while its workers run comes back in time. */
const everyMs = 300_000;
const retryMs = 2_000;

export interface RegisterOptions {
  /** Tells which service a step is listed in: its tasks go there. */
  readonly chain: Pick<Chain, "serviceOf">;
  readonly store: ObjectStore;
  readonly names: Names;
  readonly log: Logger;
}

/**
 * Keeps the description of each step in storage, where servers look for what their own code does not know. Of several
 * versions the highest stays: during a deployment both run. Storage that is away holds nothing up, the stop included.
 */
export function registerSteps(steps: readonly StepSpec[], options: RegisterOptions): { stop(): void } {
  const { log, chain } = options;
  const stopping = new AbortController();
  const work = async () => {
    for (let failing = false; !stopping.signal.aborted; ) {
      try {
        for (const step of steps)
          await register(describeStep(step, chain.serviceOf(step.name)), options, stopping.signal);
        failing = false;
      } catch (error) {
        if (!failing && !stopping.signal.aborted) log.warn({ error }, "steps can't be registered yet");
        failing = true;
      }
      const waitMs = failing ? retryMs : everyMs;
      await sleep(waitMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
  };
  void work();
  // Not waited for: storage may not answer, and nothing that goes on can do harm.
  return { stop: () => stopping.abort() };
}

async function register(
  step: StepDescription,
  { store, names, log }: RegisterOptions,
  signal: AbortSignal,
): Promise<void> {
  const ref = { bucket: names.bucket("records"), name: stepObjectName(step.name) };
  const ours = JSON.stringify(step);
  while (!signal.aborted) {
    // What is read is this generation or a later one; over a later one the write does not go ahead.
    const generation = (await store.statObject(ref))?.generation;
    const there = generation === undefined ? undefined : await readDescription(store, ref);
    if (there && !(there instanceof TypeError)) {
      if (there.version > step.version || JSON.stringify(there) === ours) return;
    }
    if (await writeOver(store, { ...ref, body: Buffer.from(ours) }, generation)) {
      log.info({ step: step.name, version: step.version }, "step registered");
      return;
    }
  }
}

/** False: somebody else has written, or removed, the object since. */
async function writeOver(
  store: ObjectStore,
  object: { readonly bucket: string; readonly name: string; readonly body: Buffer },
  generation: string | undefined,
): Promise<boolean> {
  const contentType = "application/json";
  if (generation === undefined)
    return (await store.writeObject({ ...object, contentType, createOnly: true })).created;
  try {
    await store.writeObject({ ...object, contentType, createOnly: false, ifGeneration: generation });
    return true;
  } catch (error) {
    if (error instanceof PreconditionFailedError) return false;
    throw error;
  }
}
