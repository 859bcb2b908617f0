import type {
  Amendments,
  Artifacts,
  Checkpoints,
  Holds,
  LedgerInUse,
  RebuildClaims,
  Stories,
} from "@segue/artifacts";
import type { Chain } from "@segue/chain";
import type { Priority, StepError } from "@segue/contracts";
import type { Publisher } from "@segue/queue";
import type { AnyStep, StepLog } from "@segue/step";
import type { Quarantine } from "./quarantine.ts";
import type { StepPool } from "./step-pool.ts";

/** Leave to compute: an attempt holds one from fetching its inputs to storing its output. */
export interface CpuSlots {
  /** Resolves when it is this caller's turn; disposing gives the slot back. Rejects when the signal aborts. */
  acquire(signal: AbortSignal, priority: Priority): Promise<Disposable>;
}

/** Hears of what says something about the machine. */
export interface MachineWatch {
  /**
   * Told of an attempt that failed; one that is not the machine's fault changes nothing. True: the machine, on which attempts had
   * worked before, was found well as soon as the attempt was over, so that it may have been the attempt that ailed it.
   */
  note(error: StepError): Promise<boolean>;
  /** Told of attempts that have done their work: the machine is what it should be. */
  worked(): void;
}

export interface HandlerParts {
  /** Of the subscription that deliveries come through. Its filter says so too, where filters are implemented. */
  readonly priority: Priority;
  readonly step: AnyStep;
  /** Those that a delivery may be for in one attempt, where it is not for the step alone; none, where it is a part of such an attempt. */
  readonly together?: readonly AnyStep[];
  readonly chain: Chain<AnyStep>;
  readonly artifacts: Artifacts;
  /** Where records of a master's artifacts may be kept together. */
  readonly ledgers: { of(master: string): LedgerInUse };
  readonly publisher: Publisher;
  readonly stories: Stories;
  readonly checkpoints: Checkpoints;
  readonly rebuildClaims: RebuildClaims;
  readonly amendments: Amendments;
  readonly holds: Holds;
  readonly pool: StepPool;
  readonly quarantine: Quarantine;
  readonly slots: CpuSlots;
  readonly fitness: MachineWatch;
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
