import { join } from "node:path";
import type { ArtifactRecord, Kind } from "@segue/contracts";
import type { Artifacts } from "./artifacts.ts";
import type { AnyStep, Input } from "./define-step.ts";

export interface GatheredInputs {
  readonly status: "ready";
  readonly inputs: Readonly<Record<string, Input>>;
}

/** `not-yet`: never made, so its announcement will come. `expired`: made once, and its payload is gone. */
export type Gathering = GatheredInputs | { readonly status: "not-yet" | "expired"; readonly kind: string };

/**
 * Fetches a step's inputs into a directory, side by side.
 *
 * An input that failed counts as not yet made: the catalog knows that this step is blocked.
 *
 * @param announced the record that came with the message, so that it need not be read again.
 */
export async function gatherInputs(
  artifacts: Artifacts,
  step: AnyStep,
  addresses: Readonly<Record<string, string>>,
  announced: ArtifactRecord,
  dir: string,
): Promise<Gathering> {
  const consumes: Readonly<Record<string, Kind>> = step.consumes;
  const found = await Promise.all(
    Object.entries(consumes).map(
      async ([name, kind]): Promise<[string, Input] | Exclude<Gathering, GatheredInputs>> => {
        const address = addresses[name] ?? "";
        const record = address === announced.address ? announced : await artifacts.readRecord(kind, address);
        if (record?.outcome.status !== "succeeded") return { status: "not-yet", kind: kind.name };
        const { facts, payload } = record.outcome;
        const path = payload ? join(dir, `${name}.${kind.payload?.extension ?? "bin"}`) : "";
        if (payload && !(await artifacts.fetchPayload(payload, path)))
          return { status: "expired", kind: kind.name };
        return [name, { kind: kind.name, address, facts: kind.facts.parse(facts), path }];
      },
    ),
  );
  const missing = found.find((item) => !Array.isArray(item) && item.status === "not-yet");
  const expired = found.find((item) => !Array.isArray(item));
  const stopper = missing ?? expired;
  if (stopper && !Array.isArray(stopper)) return stopper;
  return { status: "ready", inputs: Object.fromEntries(found.filter((item) => Array.isArray(item))) };
}
