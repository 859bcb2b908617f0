import { join } from "node:path";
import { type ArtifactRecord, type Kind, type PayloadRef, StepError } from "@segue/contracts";
import type { AnyStep } from "@segue/step";
import type { HandlerParts } from "./handler-parts.ts";
import type { InputData } from "./step-thread.ts";

export interface GatheredInputs {
  readonly status: "ready";
  readonly inputs: Readonly<Record<string, InputData>>;
  /** Where the payloads are, by input. */
  readonly payloads: ReadonlyMap<string, PayloadRef>;
}

/** `not-yet`: never made, so its announcement will come. `expired`: made once, and its payload is gone. */
export type Gathering = GatheredInputs | { readonly status: "not-yet" | "expired"; readonly kind: string };

/**
 * Fetches a step's inputs into a directory, side by side; those that it reads in ranges are left where they are.
 *
 * An input that failed counts as not yet made: the catalog knows that this step is blocked.
 *
 * @param announced the record that came with the message, so that it need not be read again.
 */
export async function gatherInputs(
  { artifacts, step, chain }: Pick<HandlerParts, "artifacts" | "step" | "chain">,
  addresses: Readonly<Record<string, string>>,
  announced: ArtifactRecord,
  dir: string,
): Promise<Gathering> {
  const consumes: Readonly<Record<string, Kind>> = step.consumes;
  const payloads = new Map<string, PayloadRef>();
  const found = await Promise.all(
    Object.entries(consumes).map(
      async ([name, kind]): Promise<[string, InputData] | Exclude<Gathering, GatheredInputs>> => {
        const address = addresses[name] ?? "";
        const record = address === announced.address ? announced : await artifacts.readRecord(kind, address);
        if (record?.outcome.status !== "succeeded") return { status: "not-yet", kind: kind.name };
        const { payload } = record.outcome;
        if (payload) payloads.set(name, payload);
        const prefetched = payload !== null && isPrefetched(step, name, payload);
        const path = prefetched ? join(dir, `${name}.${kind.payload?.extension ?? "bin"}`) : "";
        if (prefetched && !(await artifacts.fetchPayload(payload, path)))
          return { status: "expired", kind: kind.name };
        const sizeBytes = payload?.sizeBytes ?? 0;
        return [name, { kind: kind.name, address, facts: readFacts(chain, kind, record), path, sizeBytes }];
      },
    ),
  );
  const missing = found.find((item) => !Array.isArray(item) && item.status === "not-yet");
  const expired = found.find((item) => !Array.isArray(item));
  const stopper = missing ?? expired;
  if (stopper && !Array.isArray(stopper)) return stopper;
  return {
    status: "ready",
    inputs: Object.fromEntries(found.filter((item) => Array.isArray(item))),
    payloads,
  };
}

function isPrefetched(step: AnyStep, input: string, payload: PayloadRef): boolean {
  return payload.sizeBytes <= step.fetchWholeUpToBytes && !step.onDemand.includes(input);
}

/** @throws {StepError} `worker-outdated` where a later version of the producer than this worker knows made facts of another form. */
function readFacts(chain: HandlerParts["chain"], kind: Kind, { step, outcome }: ArtifactRecord): unknown {
  const facts = outcome.status === "succeeded" ? outcome.facts : null;
  const parsed = kind.facts.safeParse(facts);
  if (parsed.success) return parsed.data;
  const known = chain.producerOf(kind.name)?.version;
  if (step === null || known === undefined || step.version <= known) throw parsed.error;
  const text = `${kind.name} of ${step.name} ${step.version} has another form than that of version ${known}`;
  throw new StepError("worker-outdated", text, { cause: parsed.error });
}
