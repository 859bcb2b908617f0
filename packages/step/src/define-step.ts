import type { Budget, FactsOf, Json, Kind, ModelRef, StepSpec } from "@segue/contracts";

/** Writes log lines that carry the step, the track and the attempt by themselves. */
export interface StepLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** An artifact that a step consumes, already fetched and verified. */
export interface Input<K extends Kind = Kind> {
  readonly kind: K["name"];
  readonly address: string;
  readonly facts: FactsOf<K>;
  /** The payload as a local file, read-only; the empty string for a kind without payload. */
  readonly path: string;
}

/** What the runner offers to a step while it runs. */
export interface StepContext {
  readonly log: StepLog;
  /** Aborted when the budget is spent or the worker must go; child processes must end with it. */
  readonly signal: AbortSignal;
  /** Where to write the payload; the empty string for a kind without payload. */
  readonly outputPath: string;
  /** A directory of this attempt's own, removed after it. */
  readonly scratchDir: string;
  /** Says that a child process (the leader of its own process group) runs, so that it can be killed with the thread. */
  onSpawn(pid: number): void;
}

export type Inputs<C extends Readonly<Record<string, Kind>>> = { readonly [I in keyof C]: Input<C[I]> };

/** A step: data that the whole system derives from, and the work. `setup` runs once per worker thread. */
export interface StepDefinition<
  C extends Readonly<Record<string, Kind>> = Readonly<Record<string, Kind>>,
  P extends Kind = Kind,
  Work = unknown,
> extends StepSpec {
  readonly consumes: C;
  readonly produces: P;
  setup(): Promise<Work>;
  /** Returns the artifact's facts; its payload, if the kind has one, is at `outputPath` by then. */
  run(inputs: Inputs<C>, work: Work, context: StepContext): Promise<FactsOf<P>> | FactsOf<P>;
}

/** A step whose types have been forgotten: what chains and runners hold. */
// biome-ignore lint/suspicious/noExplicitAny: the only place where a step's own types are given up.
export type AnyStep = StepDefinition<any, any, any>;

/**
 * Defines a step. The module that calls this stays light: everything heavy is imported by `setup`.
 *
 * @example
 * export const tempo = defineStep({
 *   name: "tempo",
 *   version: 1,
 *   consumes: { mono16k: Mono16k },
 *   produces: Tempo,
 *   budget: { timeMs: 10_000, memoryMiB: 512 },
 *   setup: () => import("./estimate-tempo.ts"),
 *   run: async ({ mono16k }, { estimateTempo }) => estimateTempo(await readWavMono(mono16k.path), 16_000),
 * });
 */
export function defineStep<C extends Readonly<Record<string, Kind>>, P extends Kind, Work>(definition: {
  readonly name: string;
  readonly version: number;
  readonly params?: Json;
  readonly model?: ModelRef;
  readonly consumes: C;
  readonly produces: P;
  readonly budget: Budget;
  setup(): Promise<Work>;
  run(inputs: Inputs<C>, work: Work, context: StepContext): Promise<FactsOf<P>> | FactsOf<P>;
}): StepDefinition<C, P, Work> {
  return Object.freeze({ params: null, model: null, ...definition });
}
