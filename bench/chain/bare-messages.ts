/** What one step's work cost, done bare. */
export interface StepCost {
  readonly step: string;
  /** CPU of the process and of the children that it waited for. */
  readonly cpuMs: number;
  readonly wallMs: number;
}

export interface BareRun {
  readonly steps: readonly StepCost[];
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** To the process that does the bare work. */
export interface BareRequest {
  readonly masterPath: string;
  readonly sizeBytes: number;
  /** An empty directory for payloads and scratch files. */
  readonly dir: string;
}

/** From it: `ready` once every step is set up, then one answer per request. */
export type BareAnswer =
  | { readonly type: "ready" }
  | { readonly type: "done"; readonly run: BareRun }
  | { readonly type: "failed"; readonly message: string };
