import { setTimeout as sleep } from "node:timers/promises";
import type { Chain, Names } from "@segue/chain";
import { describeStep, type StepDescription, type StepSpec, stepObjectName } from "@segue/contracts";
import type { Publisher } from "@segue/queue";
import { type ObjectStore, PreconditionFailedError } from "@segue/store";
import type { Logger } from "@segue/telemetry";
import { readDescription } from "./read-description.ts";

/** A description that was removed while its workers run comes back in time; each look costs a read per step and worker. */
const everyMs = 1_800_000;
const retryMs = { first: 2_000, longest: 60_000 };

export interface RegisterOptions {
  /** Tells which service a step is listed in: its tasks go there. */
  readonly chain: Pick<Chain, "serviceOf">;
  readonly store: ObjectStore;
  readonly names: Names;
  /** Tells servers where to look. */
  readonly publisher: Pick<Publisher, "news">;
  readonly log: Logger;
}

/** Step to the generation of its description. */
type Generations = Readonly<Record<string, string>>;

/**
 * Keeps the description of each step in storage, where servers look for what their own code does not know. Of several
 * versions the highest stays: during a deployment both run. Servers are told what is there when a worker starts, whoever has written it: one that
 * was killed in between has told nobody. Storage or a queue that is away holds nothing up, the stop included.
 */
export function registerSteps(steps: readonly StepSpec[], options: RegisterOptions): { stop(): void } {
  const { log, chain, publisher } = options;
  const stopping = new AbortController();
  let known: Generations = {};
  let told: Generations = {};
  const work = async () => {
    for (let pauseMs = 0; !stopping.signal.aborted; ) {
      try {
        for (const step of steps) {
          const description = describeStep(step, chain.serviceOf(step.name));
          known = { ...known, ...(await register(description, options, stopping.signal, known)) };
        }
        const generations = Object.fromEntries(
          Object.entries(known).filter(([step, generation]) => told[step] !== generation),
        );
        if (Object.keys(generations).length > 0)
          await publisher.news({ v: 1, type: "StepsRegistered", generations });
        told = known;
        pauseMs = 0;
      } catch (error) {
        if (pauseMs === 0 && !stopping.signal.aborted) log.warn({ error }, "steps can't be registered yet");
        pauseMs = Math.min(retryMs.longest, 2 * pauseMs || retryMs.first);
      }
      await sleep(pauseMs || everyMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
  };
  void work();
  // Not waited for: storage may not answer, and nothing that goes on can do harm.
  return { stop: () => stopping.abort() };
}

/** @param known as of the last time: what has not changed since is not read. */
async function register(
  step: StepDescription,
  { store, names, log }: RegisterOptions,
  signal: AbortSignal,
  known: Generations,
): Promise<Generations> {
  const ref = { bucket: names.bucket("records"), name: stepObjectName(step.name) };
  const ours = JSON.stringify(step);
  while (!signal.aborted) {
    // What is read is this generation or a later one; over a later one the write does not go ahead.
    const generation = (await store.statObject(ref))?.generation;
    const found = generation === undefined ? {} : { [step.name]: generation };
    if (generation !== undefined && generation === known[step.name]) return found;
    const there = generation === undefined ? undefined : await readDescription(store, ref);
    if (there && !(there instanceof TypeError)) {
      if (there.version > step.version || JSON.stringify(there) === ours) return found;
    }
    const written = await writeOver(store, { ...ref, body: Buffer.from(ours) }, generation);
    if (written === undefined) continue;
    log.info({ step: step.name, version: step.version }, "step registered");
    return { [step.name]: written };
  }
  return {};
}

/** The new generation; undefined: somebody else has written, or removed, the object since. */
async function writeOver(
  store: ObjectStore,
  object: { readonly bucket: string; readonly name: string; readonly body: Buffer },
  generation: string | undefined,
): Promise<string | undefined> {
  const contentType = "application/json";
  if (generation === undefined) {
    const made = await store.writeObject({ ...object, contentType, createOnly: true });
    return made.created ? made.generation : undefined;
  }
  try {
    const written = await store.writeObject({
      ...object,
      contentType,
      createOnly: false,
      ifGeneration: generation,
    });
    return written.generation;
  } catch (error) {
    if (error instanceof PreconditionFailedError) return undefined;
    throw error;
  }
}
