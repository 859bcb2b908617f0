import type { FactsOf, Json, Kind } from "@segue/contracts";

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

/** What the runner offers to a step while it runs. @typeParam Output the names of its outputs, where it has several. */
export interface StepContext<Output extends string = string> {
  readonly log: StepLog;
  /** Aborted when the budget is spent or the worker must go; child processes must end with it. */
  readonly signal: AbortSignal;
  /** Where to write the payload; the empty string for a kind without payload, and where there are several outputs. */
  readonly outputPath: string;
  /** Of several outputs, where to write the payload of each; the empty string for a kind without payload. */
  readonly outputPaths: Readonly<Record<Output, string>>;
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
   *
   * @param output whose payload it is, where there are several.
   */
  composeOutput(names: readonly string[], output?: Output): void;
  /** Says that a child process (the leader of its own process group) runs, so that it can be killed with the thread. */
  onSpawn(pid: number): void;
}

export type Inputs<C extends Readonly<Record<string, Kind>>> = { readonly [I in keyof C]: Input<C[I]> };
