import {
  type Accelerator,
  type Budget,
  checkOutputs,
  type Json,
  type Kind,
  type ModelRef,
  type OutputOf,
  type OwnError,
  type Produces,
  type ResultOf,
  type StepSpec,
  type Tools,
} from "@segue/contracts";
import { type AnyBatch, type Batch, type BatchSize, runAlone } from "./batch.ts";
import type { Checkpoint, Input, Inputs, StepContext } from "./step-context.ts";

export * from "./step-context.ts";

/**
 * Long work that falls into pieces of at most some two seconds which know nothing of each other: the runner shares them out,
 * so that more workers make one file faster, and `run` joins what they left.
 */
export interface Scatter<C extends Readonly<Record<string, Kind>>, Work> {
  /** How many pieces these inputs fall into; 0 where `run` does all of it. Of facts and sizes alone, and always the same. */
  count(inputs: InputFacts<C>): number;
  /** Makes a piece, by its number from 0. Its state and files are what `run` finds. */
  piece(index: number, inputs: Inputs<C>, work: Work, context: StepContext): Promise<Checkpoint>;
}

/** What is known of inputs before anything of them is fetched. */
export type InputFacts<C extends Readonly<Record<string, Kind>>> = {
  readonly [I in keyof C]: Pick<Input<C[I]>, "facts" | "sizeBytes">;
};

/** A step: data that the whole system derives from, and the work. `setup` runs once per worker thread. */
export interface StepDefinition<
  C extends Readonly<Record<string, Kind>> = Readonly<Record<string, Kind>>,
  P extends Produces = Produces,
  Work = unknown,
> extends StepSpec {
  readonly consumes: C;
  readonly produces: P;
  /** Where the model's weights are on this machine, for checks against the digest; null where there are none. Not part of the address. */
  readonly weightsFile: string | null;
  setup(): Promise<Work>;
  /**
   * The outside programs that it works with here, each with the family of its version: attempts say so, and two of one
   * program in a fleet are told. Not part of the address. Default: none.
   */
  tools(work: Work): Tools | Promise<Tools>;
  /** Inputs larger than this are not fetched before the run: the step reads them in ranges. Default: no limit. */
  readonly fetchWholeUpToBytes: number;
  /** Inputs that are not fetched before the run: the step calls `fetch` if it needs one. Default: none. */
  readonly onDemand: readonly string[];
  /** Null: `run` does all of it. */
  readonly scatter: Scatter<C, Work> | null;
  /** How the work of several messages is done in one go; null: each by itself. `run` does one of them. */
  readonly batch: AnyBatch | null;
  /**
   * Returns the artifact's facts, or, of several outputs, those of each; its payload, if the kind has one, is at `outputPath` by then. A step on long input is
   * `async *run`: it yields a checkpoint after each piece of at most some two seconds, and begins at `context.resumed`.
   */
  run(inputs: Inputs<C>, work: Work, context: StepContext<OutputOf<P>>): StepRunResult<P>;
}

export type StepRunResult<P extends Produces> =
  | ResultOf<P>
  | Promise<ResultOf<P>>
  | AsyncGenerator<Checkpoint, ResultOf<P>, void>;

/** A step whose types have been forgotten: what chains and runners hold. */
// biome-ignore lint/suspicious/noExplicitAny: the only place where a step's own types are given up.
export type AnyStep = Omit<StepDefinition<any, any, any>, "produces"> & { readonly produces: Produces };

/**
 * Defines a step. The module that calls this stays light: everything heavy is imported by `setup`.
 *
 * A step with several outputs names them: `produces: { vocals: Vocals, drums: Drums }`. One run makes all of them: it returns the facts
 * of each by its name, and writes payloads to `context.outputPaths`.
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
export function defineStep<C extends Readonly<Record<string, Kind>>, P extends Produces, Work>(
  definition: StepParts<C, P, Work> & {
    readonly scatter?: Scatter<C, NoInfer<Work>>;
    run(inputs: Inputs<C>, work: Work, context: StepContext<OutputOf<P>>): StepRunResult<P>;
  },
): StepDefinition<C, P, Work>;
/** Defines a step that does the work of several messages in one go. */
export function defineStep<C extends Readonly<Record<string, Kind>>, P extends Produces, Work, Item>(
  definition: StepParts<C, P, Work> &
    Pick<Batch<C, P, Work, Item>, "prepare" | "runBatch"> & {
      readonly batch: BatchSize;
    },
): StepDefinition<C, P, Work>;
export function defineStep({
  batch: size,
  prepare,
  runBatch,
  run,
  ...definition
}: StepParts<AnyInputs, Produces, unknown> &
  Partial<Omit<AnyBatch, keyof BatchSize>> & {
    readonly batch?: BatchSize;
    readonly run?: AnyStep["run"];
  }): AnyStep {
  checkOutputs(definition);
  const batch = size && prepare && runBatch ? { ...size, prepare, runBatch } : null;
  if (batch && !(Number.isInteger(batch.max) && batch.max > 0 && batch.waitMs >= 0))
    throw new TypeError(
      `${definition.name}: batch: expected { max: an integer from 1, waitMs: from 0 }, got ${JSON.stringify(size)}`,
    );
  return Object.freeze({
    params: null,
    model: null,
    weightsFile: null,
    accelerator: null,
    errors: [],
    fetchWholeUpToBytes: Number.POSITIVE_INFINITY,
    onDemand: [],
    scatter: null,
    tools: () => ({}),
    ...definition,
    batch,
    run: batch
      ? (inputs: Inputs<AnyInputs>, work: unknown, context: StepContext) =>
          runAlone(batch, { inputs, context }, work)
      : run,
  }) as AnyStep;
}

type AnyInputs = Readonly<Record<string, Kind>>;

/** What every definition of a step says. */
interface StepParts<C extends Readonly<Record<string, Kind>>, P extends Produces, Work> {
  readonly name: string;
  readonly version: number;
  readonly params?: Json;
  readonly model?: ModelRef;
  readonly weightsFile?: string;
  readonly consumes: C;
  readonly produces: P;
  readonly budget: Budget;
  readonly accelerator?: Accelerator;
  /** Permanent errors that this step has beside the catalogue's: what `defineError` gave. */
  readonly errors?: readonly OwnError[];
  readonly fetchWholeUpToBytes?: number;
  readonly onDemand?: readonly (keyof C & string)[];
  setup(): Promise<Work>;
  tools?(work: NoInfer<Work>): Tools | Promise<Tools>;
}
