import { createReadStream, createWriteStream } from "node:fs";
import { appendFile, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { FactsOf, Json, Kind, Produces, ResultOf } from "@segue/contracts";
import type {
  Checkpoint,
  Input,
  Inputs,
  Resumption,
  StepContext,
  StepDefinition,
  StepLog,
} from "./define-step.ts";
import { type Driven, drivePieces, driveStep } from "./drive-step.ts";
import { type Composed, type OutputPaths, openOutputs } from "./output-payloads.ts";

/** An input of a step that runs alone: facts, and the payload's path where the kind has one. */
export interface GivenInput<K extends Kind> {
  readonly facts: FactsOf<K>;
  readonly path?: string;
}

export type Given<C extends Readonly<Record<string, Kind>>> = { readonly [I in keyof C]: GivenInput<C[I]> };

/** What earlier attempts have left, and nothing else of theirs: the next one may be on another machine. */
export interface KeptWork {
  /** Where files of pieces lie; outside every attempt's own directory. */
  readonly dir: string;
  /** Their names, in the order in which they were yielded, and where each is. */
  readonly files: Map<string, string>;
  /** States of the pieces of a step that scatters, by number. */
  readonly pieces: Json[];
  resumed: Resumption | null;
}

/** What a step does that the outside sees. */
export type AttemptEvent =
  | { readonly type: "log" | "checkpoint" | "piece" }
  | { readonly type: "spawned"; readonly pid: number }
  /** `what`: the input or the file that it asks for. */
  | { readonly type: "fetch" | "fetch-range" | "fetch-file"; readonly what: string };

export interface LocalAttempt<C extends Readonly<Record<string, Kind>>> {
  readonly given: Given<C>;
  /** What the step's `setup` gave. */
  readonly work: unknown;
  readonly kept: KeptWork;
  /** The pieces that are to be made, and nothing else; null: the step is to run. */
  readonly todo: readonly number[] | null;
  /** This attempt's own directory. */
  readonly scratchDir: string;
  readonly outputPaths: OutputPaths;
  readonly log: StepLog;
  readonly signal: AbortSignal;
  /** Told before each answer; what it throws to a fetch is what the step gets. */
  readonly observe?: (event: AttemptEvent) => void;
  /** Asked after each checkpoint or piece. */
  goesOn(): "continue" | "stop";
}

/** How an attempt ended, and of which yielded files payloads are made that are not at their paths. */
export type LocalEnding<P extends Produces> = Driven<ResultOf<P> | null> & { readonly composed: Composed };

/** What a step is given for an attempt. */
export interface LocalMember {
  readonly inputs: Record<string, Input>;
  readonly context: StepContext;
  /** Of which yielded files it has said that its payloads are made. */
  composed(): Composed;
  /** Resolves when nothing is fetched for it any more: of two ranges that a step has asked for at once, one may end it. */
  settled(): Promise<void>;
}

export async function enterAttempt<C extends Readonly<Record<string, Kind>>>(
  step: Pick<StepDefinition, "name" | "consumes" | "produces" | "fetchWholeUpToBytes" | "onDemand">,
  attempt: LocalAttempt<C>,
): Promise<LocalMember> {
  const { kept, observe = () => {} } = attempt;
  const outputs = openOutputs(step, attempt.outputPaths);
  const context: StepContext = {
    log: observedLog(attempt.log, observe),
    signal: attempt.signal,
    ...outputs.context,
    scratchDir: attempt.scratchDir,
    resumed: kept.resumed,
    pieces: kept.pieces,
    async fetchFile(name) {
      observe({ type: "fetch-file", what: name });
      return keptFile(kept, name);
    },
    onSpawn: (pid) => observe({ type: "spawned", pid }),
  };
  const fetching = new Set<Promise<string>>();
  return {
    inputs: await localInputs(step, attempt, observe, fetching),
    context,
    composed: outputs.composed,
    settled: async () => void (await Promise.allSettled(fetching)),
  };
}

/** One attempt of a step in this very thread, as a worker would have it: all that it finds is its inputs and what is kept. */
export async function runLocalAttempt<C extends Readonly<Record<string, Kind>>, P extends Produces, Work>(
  step: StepDefinition<C, P, Work>,
  attempt: LocalAttempt<C>,
): Promise<LocalEnding<P>> {
  const member = await enterAttempt(step, attempt);
  try {
    return await drive(step, attempt, member);
  } finally {
    await member.settled();
  }
}

async function drive<C extends Readonly<Record<string, Kind>>, P extends Produces, Work>(
  step: StepDefinition<C, P, Work>,
  attempt: LocalAttempt<C>,
  member: LocalMember,
): Promise<LocalEnding<P>> {
  const { kept, todo, observe = () => {} } = attempt;
  const yielded = new Set<string>();
  const { context } = member;
  const inputs = member.inputs as Inputs<C>;
  const work = attempt.work as Work;
  if (todo) {
    const driven = await drivePieces(step, todo, inputs, work, context, async (index, piece) => {
      await keepFiles(kept, yielded, piece.files);
      kept.pieces[index] = throughJson(piece.state);
      observe({ type: "piece" });
      return attempt.goesOn();
    });
    return { ...driven, composed: {} };
  }
  const driven = await driveStep(step, inputs, work, context, async ({ state, files }) => {
    await keepFiles(kept, yielded, files);
    kept.resumed = { state: throughJson(state), files: [...kept.files.keys()] };
    observe({ type: "checkpoint" });
    return attempt.goesOn();
  });
  return { ...driven, composed: member.composed() };
}

export async function createKeptWork(): Promise<KeptWork> {
  const dir = await mkdtemp(join(tmpdir(), "segue-kept-"));
  return { dir, files: new Map(), pieces: [], resumed: null };
}

/** @throws {TypeError} where no piece has left such a file. */
export function keptFile({ files }: KeptWork, name: string): string {
  const path = files.get(name);
  if (!path)
    throw new TypeError(`no piece has yielded a file "${name}"; there are: ${[...files.keys()].join(", ")}`);
  return path;
}

/** As storage does it: a payload is these files, one after the other. */
export async function compose(kept: KeptWork, composed: Composed, outputPaths: OutputPaths): Promise<void> {
  for (const [output, names] of Object.entries(composed))
    for (const name of names)
      await appendFile(outputPaths[output] ?? "", await readFile(keptFile(kept, name)));
}

/** Out of the attempt's directory: a step that looks for them there goes wrong here as it would on another machine. */
async function keepFiles(
  kept: KeptWork,
  yielded: Set<string>,
  made: Checkpoint["files"] = {},
): Promise<void> {
  for (const [name, path] of Object.entries(made)) {
    // Elsewhere it may still be on its way to storage.
    if (yielded.has(path))
      throw new TypeError(`${path} was yielded before: it is the runner's, and may not be written to again`);
    yielded.add(path);
    const to = kept.files.get(name) ?? join(kept.dir, `file-${kept.files.size}`);
    await rename(path, to);
    kept.files.set(name, to);
  }
}

type Observe = (event: AttemptEvent) => void;

function observedLog(log: StepLog, observe: Observe): StepLog {
  const observed = (level: keyof StepLog) => (fields: object, message: string) => {
    observe({ type: "log" });
    log[level](fields, message);
  };
  return { debug: observed("debug"), info: observed("info"), warn: observed("warn") };
}

async function localInputs<C extends Readonly<Record<string, Kind>>>(
  step: {
    readonly consumes: Readonly<Record<string, Kind>>;
    readonly fetchWholeUpToBytes: number;
    readonly onDemand: readonly string[];
  },
  { given, scratchDir }: LocalAttempt<C>,
  observe: Observe,
  fetching: Set<Promise<string>>,
): Promise<Record<string, Input>> {
  const inputs: Record<string, Input> = {};
  const known = await sizesOf(step, given);
  let ranges = 0;
  for (const [input, kind] of Object.entries(step.consumes)) {
    const path = given[input]?.path ?? "";
    const { facts, sizeBytes } = known[input] ?? { facts: null, sizeBytes: 0 };
    inputs[input] = {
      kind: kind.name,
      address: "0".repeat(64),
      facts,
      path: sizeBytes > step.fetchWholeUpToBytes || step.onDemand.includes(input) ? "" : path,
      sizeBytes,
      async fetch() {
        observe({ type: "fetch", what: input });
        return path;
      },
      async fetchRange(startByte, endByte) {
        observe({ type: "fetch-range", what: input });
        ranges += 1;
        const copied = copyRange(path, join(scratchDir, `range-${ranges}`), startByte, endByte);
        fetching.add(copied);
        return copied;
      },
    };
  }
  return inputs;
}

/** What is known of given inputs before anything of them is fetched. */
export async function sizesOf(
  { consumes }: { readonly consumes: Readonly<Record<string, Kind>> },
  given: Readonly<Record<string, GivenInput<Kind>>>,
): Promise<Record<string, Pick<Input, "facts" | "sizeBytes">>> {
  const known: Record<string, Pick<Input, "facts" | "sizeBytes">> = {};
  for (const input of Object.keys(consumes)) {
    const { facts, path = "" } = given[input] ?? { facts: null };
    known[input] = { facts, sizeBytes: path ? (await stat(path)).size : 0 };
  }
  return known;
}

async function copyRange(from: string, to: string, startByte: number, endByte: number): Promise<string> {
  if (endByte > startByte)
    await pipeline(createReadStream(from, { start: startByte, end: endByte - 1 }), createWriteStream(to));
  else await writeFile(to, "");
  return to;
}

/** State crosses to other workers so. */
function throughJson(state: Json): Json {
  return JSON.parse(JSON.stringify(state));
}

/** Removes what is kept. */
export async function discardKept({ dir }: KeptWork): Promise<void> {
  await rm(dir, { recursive: true, force: true });
}
