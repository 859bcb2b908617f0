import type { Artifacts, Checkpoints, Holds, RebuildClaims, Spent, Stories } from "@segue/artifacts";
import { addressOf, type Chain, inputAddresses } from "@segue/chain";
import {
  ArtifactReady,
  type ArtifactRecord,
  type Attempt,
  type Priority,
  readKnown,
  StepError,
} from "@segue/contracts";
import type { Announcer, Delivery } from "@segue/queue";
import type { AnyStep, StepLog } from "@segue/step";
import type { CpuSlots } from "./cpu-slots.ts";
import type { Fitness } from "./fitness.ts";
import type { GatheredInputs } from "./gather-inputs.ts";
import type { Quarantine } from "./quarantine.ts";
import type { Sightings } from "./sightings.ts";
import type { StepPool } from "./step-pool.ts";

export interface HandlerParts {
  /** Of the subscription that deliveries come through. Its filter says so too, where filters are implemented. */
  readonly priority: Priority;
  readonly step: AnyStep;
  readonly chain: Chain<AnyStep>;
  readonly artifacts: Artifacts;
  readonly announcer: Announcer;
  readonly stories: Stories;
  readonly checkpoints: Checkpoints;
  readonly rebuildClaims: RebuildClaims;
  readonly sightings: Sightings;
  readonly holds: Holds;
  readonly pool: StepPool;
  readonly quarantine: Quarantine;
  readonly slots: CpuSlots;
  /** Hears of attempts that the machine has failed, and of those that have done their work. */
  readonly fitness: Pick<Fitness, "note" | "worked">;
  /** The part of a GPU that an attempt holds while it runs; null where it holds none. */
  readonly gpuShare: number | null;
  readonly worker: string;
  readonly maxFailures: number;
  readonly scratchDir: string;
  readonly log: StepLog & { error(fields: object, message: string): void };
  /** Aborted when a drain begins: steps on long input stop at their next checkpoint. */
  readonly draining: AbortSignal;
  /** Aborted when the drain budget is nearly spent: whatever still runs is stopped. */
  readonly signal: AbortSignal;
  now(): Date;
}

/** A delivery whose step is to run: its message, and what has been found for it. */
export interface Work {
  readonly delivery: Delivery;
  readonly message: ArtifactReady;
  readonly address: string;
  /** Input name to address. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly gathered: GatheredInputs;
  readonly existing: ArtifactRecord | undefined;
  /** This attempt's own directory. */
  readonly dir: string;
  /** Whether it may take its process with it. */
  readonly quarantined: boolean;
  readonly startedAt: Date;
}

/** How a delivery ended, for metrics and tests. */
export type Ending =
  | "computed"
  | "handed-on"
  | "skipped"
  | "failed"
  | "failed-before"
  | "not-wanted"
  | "ping-answered"
  | "not-yet"
  | "rebuild-requested"
  | "handed-back"
  | "put-off"
  | "retried"
  | "dead-lettered";

/** A message can be wrong in a million places, each with words of its own. */
const shownChars = 2_000;

export function parseMessage(delivery: Delivery): ArtifactReady | StepError {
  try {
    return readKnown(ArtifactReady, JSON.parse(delivery.data.toString("utf8")));
  } catch (error) {
    if (error instanceof StepError) return error;
    const what = (error instanceof Error ? error.message : String(error)).slice(0, shownChars);
    return new StepError("malformed-message", `expected an ArtifactReady message as JSON: ${what}`, {
      cause: error,
    });
  }
}

export function attemptFrom(parts: HandlerParts, delivery: Delivery, startedAt: Date, spent: Spent): Attempt {
  const finishedAt = parts.now();
  return {
    worker: parts.worker,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    durationMs: finishedAt.getTime() - startedAt.getTime(),
    ...spent,
    deliveryAttempt: delivery.deliveryAttempt,
  };
}

/**
 * Where a step's result for a message lives, and where its inputs do. The announced address is the truth about its kind;
 * all others follow from the chain as this worker knows it. @param seen where else some inputs are, by kind.
 */
export function locate(
  { step, chain }: Pick<HandlerParts, "step" | "chain">,
  { master, record }: ArtifactReady,
  seen: ReadonlyMap<string, string> = new Map(),
): { readonly address: string; readonly inputs: Readonly<Record<string, string>> } {
  const addresses = new Map([...chain.addressesFor(master), ...seen]);
  addresses.set(record.kind, record.address);
  const inputs = inputAddresses(step, addresses);
  return { address: addressOf(step, inputs), inputs };
}
