import { setTimeout as sleep } from "node:timers/promises";
import type { Names } from "@segue/chain";
import { describeStep, StepDescription, type StepSpec, stepObjectName } from "@segue/contracts";
import { ObjectNotFoundError, type ObjectStore } from "@segue/store";
import type { Logger } from "@segue/telemetry";

/** Somebody may have overwritten it who had read it before us. */
const everyMs = 300_000;
const retryMs = 2_000;

/**
 * Keeps the description of each step in storage, where servers look for what their own code does not know. Of several
 * versions the highest stays: during a deployment both run. Storage that is away holds nothing up.
 */
export function registerSteps(
  steps: readonly StepSpec[],
  options: { readonly store: ObjectStore; readonly names: Names; readonly log: Logger },
): { stop(): void } {
  const { log } = options;
  const stopping = new AbortController();
  const work = async () => {
    for (let failing = false; !stopping.signal.aborted; ) {
      try {
        for (const step of steps) await register(step, options);
        failing = false;
      } catch (error) {
        if (!failing) log.warn({ error }, "steps can't be registered yet");
        failing = true;
      }
      await sleep(failing ? retryMs : everyMs, undefined, { signal: stopping.signal, ref: false }).catch(
        () => {},
      );
    }
  };
  void work();
  // Not waited for: storage may not answer, and nothing that goes on can do harm.
  return { stop: () => stopping.abort() };
}

async function register(
  step: StepSpec,
  { store, names }: { readonly store: ObjectStore; readonly names: Names },
): Promise<void> {
  const ref = { bucket: names.bucket("records"), name: stepObjectName(step.name) };
  const ours = JSON.stringify(describeStep(step));
  const there = await readDescription(store, ref);
  if (there && (there.version > step.version || JSON.stringify(there) === ours)) return;
  await store.writeObject({
    ...ref,
    body: Buffer.from(ours),
    contentType: "application/json",
    createOnly: false,
  });
}

/** Undefined where there is none, or nothing that could be read as one. */
export async function readDescription(
  store: ObjectStore,
  ref: { readonly bucket: string; readonly name: string },
): Promise<StepDescription | undefined> {
  try {
    return StepDescription.safeParse(await store.readJson(ref)).data;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}
