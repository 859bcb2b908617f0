import { existsSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { outputsOf, type Produces, type StepError } from "@segue/contracts";
import { type AnyStep, parseFacts } from "@segue/step";
import {
  type AttemptEvent,
  type Composed,
  compose,
  createKeptWork,
  declaredError,
  discardKept,
  type KeptWork,
  type LocalEnding,
  type OutputPaths,
  outputPathsIn,
  runLocalAttempt,
  sizesOf,
} from "@segue/step/attempt";
import type { AnyGiven } from "./sample.ts";

export interface RunOptions {
  readonly step: AnyStep;
  readonly given: AnyGiven;
  /** What the step's `setup` gave. */
  readonly work: unknown;
  /** Where attempts have their directories. */
  readonly dir: string;
  /** An attempt ends after so many checkpoints, or pieces, and the next goes on from there. Default: never. */
  readonly stopAfter?: number;
  /** Pieces are made last to first. */
  readonly reversed?: boolean;
  readonly signal?: AbortSignal;
  readonly observe?: (event: AttemptEvent) => void;
  /** Before each attempt: what it finds in its directory. What it returns is called after the attempt. */
  readonly prepare?: (scratchDir: string) => Promise<(() => Promise<void>) | void>;
  /** After each attempt that ends before the last one. */
  readonly between?: () => Promise<void>;
}

/** What came of a run, of one attempt or several. */
export type Ended = Succeeded | { readonly status: "failed"; readonly error: StepError };

export interface Succeeded {
  readonly status: "succeeded";
  /** As the step returned them. */
  readonly returned: unknown;
  readonly facts: unknown;
  /** By output; null where the step left none. */
  readonly payloads: Payloads;
  /** Outputs whose payload was still being written as the step returned. */
  readonly unfinished: readonly string[];
  /** Of which yielded files it said that payloads are made, by output. */
  readonly composed: Composed;
  readonly attempts: number;
  readonly checkpoints: number;
  readonly pieces: number;
}

/** By output. */
export type Payloads = Readonly<Record<string, Buffer | null>>;

/** Runs a step as workers would, one attempt after the other, each in a directory of its own with nothing but what is kept. */
export async function runToEnd(options: RunOptions): Promise<Ended> {
  const { step } = options;
  const kept = await createKeptWork();
  const dir = await mkdtemp(join(options.dir, "run-"));
  try {
    return await runAttempts(options, kept, dir);
  } catch (thrown) {
    return { status: "failed", error: declaredError(step, thrown) };
  } finally {
    await rm(dir, { recursive: true, force: true });
    await discardKept(kept);
  }
}

async function runAttempts(options: RunOptions, kept: KeptWork, dir: string): Promise<Succeeded> {
  const { step, given, work, stopAfter = Number.POSITIVE_INFINITY } = options;
  const counts = { attempts: 0, checkpoints: 0, pieces: 0 };
  const attempt = async (todo: readonly number[] | null): Promise<[LocalEnding<Produces>, OutputPaths]> => {
    if (counts.attempts > 0) await options.between?.();
    counts.attempts += 1;
    const scratchDir = join(dir, `attempt-${counts.attempts}`);
    await mkdir(scratchDir);
    const after = await options.prepare?.(scratchDir);
    const outputPaths = outputPathsIn(step, scratchDir, "output-");
    let made = 0;
    const goesOn = () => {
      made += 1;
      counts[todo ? "pieces" : "checkpoints"] += 1;
      return made >= stopAfter ? "stop" : "continue";
    };
    const { observe = () => {}, signal = new AbortController().signal } = options;
    const run = { given, work, kept, todo, scratchDir, outputPaths, log: silent, signal, observe, goesOn };
    try {
      return [await runLocalAttempt(step, run), outputPaths];
    } finally {
      await after?.();
    }
  };
  const count = step.scatter?.count(await sizesOf(step, given)) ?? 0;
  let todo = Array.from({ length: count }, (_, index) => index);
  if (options.reversed) todo.reverse();
  while (todo.length > 0) {
    await attempt(todo);
    todo = todo.filter((index) => kept.pieces[index] === undefined);
  }
  for (;;) {
    const [ending, outputPaths] = await attempt(null);
    if (ending.status === "stopped") continue;
    const unfinished = Object.keys(outputPaths).filter((output) => isOpen(outputPaths[output] ?? ""));
    const returned = ending.facts;
    await compose(kept, withPaths(ending.composed, outputPaths), outputPaths);
    return {
      status: "succeeded",
      returned,
      facts: parseFacts(step, returned),
      payloads: await readPayloads(step, outputPaths),
      unfinished,
      composed: ending.composed,
      ...counts,
    };
  }
}

/** A payload of a kind without any can't be made of anything; that it was tried is told. */
function withPaths(composed: Composed, outputPaths: OutputPaths): Composed {
  return Object.fromEntries(Object.entries(composed).filter(([output]) => outputPaths[output]));
}

/** The log of a step that nobody listens to. */
export const silent = { debug() {}, info() {}, warn() {} };

export async function readPayloads(step: AnyStep, outputPaths: OutputPaths): Promise<Payloads> {
  const payloads: Record<string, Buffer | null> = {};
  for (const { name } of outputsOf(step)) {
    const path = outputPaths[name] ?? "";
    payloads[name] = isFile(path) ? await readFile(path) : null;
  }
  return payloads;
}

/** A device is none: it is read without end. */
function isFile(path: string): boolean {
  return path !== "" && (statSync(path, { throwIfNoEntry: false })?.isFile() ?? false);
}

/** Whether this process has a file open; false where the system does not tell. */
function isOpen(path: string): boolean {
  if (!path || !existsSync("/proc/self/fd")) return false;
  return readdirSync("/proc/self/fd").some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  });
}
