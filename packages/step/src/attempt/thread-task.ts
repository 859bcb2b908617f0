// What crosses to a worker thread, and back.
import type { MessagePort } from "node:worker_threads";
import { type Failure, type Json, StepError, type Tools } from "@segue/contracts";
import type { Composed, OutputPaths } from "../output-payloads.ts";
import type { Input, Resumption } from "../step-context.ts";

/** The module that a worker thread runs. */
export const stepThreadUrl = new URL("./step-thread.ts", import.meta.url).href;

/** An input as it crosses to the thread: without its functions. */
export type InputData = Omit<Input, "fetch" | "fetchRange">;

/** What a thread is asked to do: attempts of one step, several where it works in batches. Without any it only sets the step up. */
export interface ThreadTask {
  readonly fleetUrl: string;
  readonly step: string;
  readonly attempts: readonly ThreadAttempt[];
}

/** What of an attempt crosses to where it runs. */
export interface AttemptData {
  readonly inputs: Readonly<Record<string, InputData>>;
  readonly outputPaths: OutputPaths;
  readonly scratchDir: string;
  readonly resumed: Resumption | null;
  /** The states of all pieces, to be joined. */
  readonly pieces: readonly Json[];
  /** The pieces that are to be made, and nothing else; null: the step is to run. */
  readonly todo: readonly number[] | null;
}

export interface ThreadAttempt extends AttemptData {
  readonly port: MessagePort;
}

/** Errors lose their class and code on the way between threads: they travel as data. */
export type ThreadResult =
  | ThreadSuccess
  | {
      readonly ok: false;
      readonly failure: Failure;
      readonly stack: string | undefined;
      readonly tools?: Tools;
    };

export interface ThreadSuccess {
  readonly ok: true;
  /** `stopped`: after a checkpoint, because the main thread said so. */
  readonly status: "finished" | "stopped";
  readonly facts: unknown;
  /** Names of the files that make up payloads that are not at their paths, by output. */
  readonly composed: Composed;
  readonly cpuMs: number | null;
  /** How many attempts the work was for, each of which has its share of the time; this one alone unless it says so. */
  readonly sharedBy?: number;
  /** What the step works with where it ran. */
  readonly tools: Tools;
}

export function asThreadFailure(thrown: unknown): ThreadResult {
  const error = StepError.from(thrown);
  return { ok: false, failure: error.toFailure(), stack: error.stack };
}
