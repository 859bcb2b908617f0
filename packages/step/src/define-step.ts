import type {
  Accelerator,
  Budget,
  FactsOf,
  Json,
  Kind,
  ModelRef,
  OwnError,
  StepSpec,
  Tools,
} from "@segue/contracts";

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
  /**
   * The payload as a local file, read-only. The empty string for a kind without payload, for one of the step's
   * `onDemand` inputs, and for a payload larger than its `fetchWholeUpToBytes`: such a one is read in ranges.
   */
  readonly path: string;
  /** Size of the payload; 0 without one. */
  readonly sizeBytes: number;
  /** Fetches the payload, verified, if that has not been done, and returns its path: for inputs that are seldom needed. */
  fetch(): Promise<string>;
  /**
   * Fetches a part of the payload into a file of this attempt's own, whose path it returns: for payloads that are too
   * large to be fetched whole. `end` is excluded; the file is shorter where the payload ends before.
   */
  fetchRange(startByte: number, endByte: number): Promise<string>;
}

/**
 * What a step on long input yields between two pieces of its work: enough for any other worker to go on from there. The
 * runner stores it only when the attempt must end; otherwise the generator simply goes on.
 */
export interface Checkpoint {
  readonly state: Json;
  /** Files that the piece made, by names that no other piece uses; paths in `scratchDir`. They belong to the runner now. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Where a step on long input goes on. */
export interface Resumption {
  readonly state: Json;
  /** Names of the files of all pieces so far, in the order in which they were yielded. */
  readonly files: readonly string[];
}

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

/** What the runner offers to a step while it runs. */
export interface StepContext {
  readonly log: StepLog;
  /** Aborted when the budget is spent or the worker must go; child processes must end with it. */
  readonly signal: AbortSignal;
  /** Where to write the payload; the empty string for a kind without payload. */
  readonly outputPath: string;
  /** A directory of this attempt's own, removed after it. */
  readonly scratchDir: string;
  /** What an earlier attempt left; null at the beginning. */
  readonly resumed: Resumption | null;
  /** The states of all pieces of a step that `scatter`s, in their order; none for inputs that don't fall into any. */
  readonly pieces: readonly Json[];
  /** Fetches a file that an earlier piece yielded, of this attempt or another's, and returns its path. */
  fetchFile(name: string): Promise<string>;
  /**
   * Declares the payload to be these yielded files, one after the other, in place of a file at `outputPath`: storage joins
   * them without their bytes passing through a worker again.
   */
  composeOutput(names: readonly string[]): void;
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
  /**
   * Returns the artifact's facts; its payload, if the kind has one, is at `outputPath` by then. A step on long input is
   * `async *run`: it yields a checkpoint after each piece of at most some two seconds, and begins at `context.resumed`.
   */
  run(inputs: Inputs<C>, work: Work, context: StepContext): StepRunResult<P>;
}

export type StepRunResult<P extends Kind> =
  | FactsOf<P>
  | Promise<FactsOf<P>>
  | AsyncGenerator<Checkpoint, FactsOf<P>, void>;

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
  readonly weightsFile?: string;
  readonly consumes: C;
  readonly produces: P;
  readonly budget: Budget;
  readonly accelerator?: Accelerator;
  /** Permanent errors that this step has beside the catalogue's: what `defineError` gave. */
  readonly errors?: readonly OwnError[];
  readonly fetchWholeUpToBytes?: number;
  readonly onDemand?: readonly (keyof C & string)[];
  readonly scatter?: Scatter<C, NoInfer<Work>>;
  setup(): Promise<Work>;
  tools?(work: NoInfer<Work>): Tools | Promise<Tools>;
  run(inputs: Inputs<C>, work: Work, context: StepContext): StepRunResult<P>;
}): StepDefinition<C, P, Work> {
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
  });
}
