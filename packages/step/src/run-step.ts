import { createReadStream, createWriteStream } from "node:fs";
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type FactsOf, type Json, type Kind, StepError } from "@segue/contracts";
import { declaredError } from "./declared-error.ts";
import type {
  Checkpoint,
  Input,
  Inputs,
  Resumption,
  StepContext,
  StepDefinition,
  StepLog,
} from "./define-step.ts";
import { drivePieces, driveStep } from "./drive-step.ts";

const silent: StepLog = { debug() {}, info() {}, warn() {} };

/** An input for `runStep`: facts, and the payload's path where the kind has one. */
export interface GivenInput<K extends Kind> {
  readonly facts: FactsOf<K>;
  readonly path?: string;
}

export interface StepRun<P extends Kind> {
  readonly facts: FactsOf<P>;
  /** The payload that the step wrote; the empty string for a kind without payload. */
  readonly outputPath: string;
}

async function copyRange(from: string, to: string, startByte: number, endByte: number): Promise<string> {
  if (endByte > startByte)
    await pipeline(createReadStream(from, { start: startByte, end: endByte - 1 }), createWriteStream(to));
  else await writeFile(to, "");
  return to;
}

/**
 * Runs a step in this very thread on given inputs: no queue, no storage. For a step's own tests and for one-off runs.
 * The payload stays at `outputDir`, by default a fresh temporary directory, which the caller of a step with a payload removes. With
 * `interruptEvery`, a step on long input is stopped after that many pieces, over and over, and goes on from its
 * checkpoint as another worker would, and pieces of one that scatters are made last to first: its result must be the same.
 *
 * @throws {StepError} whatever the step throws, normalised; `invalid-output` if its facts don't match its schema.
 */
export async function runStep<C extends Readonly<Record<string, Kind>>, P extends Kind, Work>(
  step: StepDefinition<C, P, Work>,
  given: { readonly [I in keyof C]: GivenInput<C[I]> },
  options: RunStepOptions = {},
): Promise<StepRun<P>> {
  const scratchDir = await mkdtemp(join(tmpdir(), "segue-scratch-"));
  const { payload, name } = step.produces;
  const makeDir = () => mkdtemp(join(tmpdir(), "segue-step-"));
  try {
    const outputPath = payload
      ? join(options.outputDir ?? (await makeDir()), `${name}.${payload.extension}`)
      : "";
    const inputs = await localInputs(step, given, scratchDir);
    const work = (options.work as Work | undefined) ?? (await step.setup());
    const facts = await runPieces(step, inputs as Inputs<C>, work, options, { outputPath, scratchDir });
    return { facts: parseFacts(step, facts), outputPath };
  } catch (error) {
    throw declaredError(step, error);
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
}

export interface RunStepOptions {
  readonly outputDir?: string;
  readonly log?: StepLog;
  readonly signal?: AbortSignal;
  readonly interruptEvery?: number;
  /** What the step's `setup` gave, where it has been called. */
  readonly work?: unknown;
}

async function localInputs(
  step: {
    readonly consumes: Readonly<Record<string, Kind>>;
    readonly fetchWholeUpToBytes: number;
    readonly onDemand: readonly string[];
  },
  given: Readonly<Record<string, GivenInput<Kind>>>,
  scratchDir: string,
): Promise<Record<string, Input>> {
  const inputs: Record<string, Input> = {};
  let ranges = 0;
  for (const [input, kind] of Object.entries(step.consumes)) {
    const { facts, path = "" } = given[input] ?? { facts: null };
    const sizeBytes = path ? (await stat(path)).size : 0;
    inputs[input] = {
      kind: kind.name,
      address: "0".repeat(64),
      facts,
      path: sizeBytes > step.fetchWholeUpToBytes || step.onDemand.includes(input) ? "" : path,
      sizeBytes,
      fetch: async () => path,
      fetchRange: (startByte, endByte) => {
        ranges += 1;
        return copyRange(path, join(scratchDir, `range-${ranges}`), startByte, endByte);
      },
    };
  }
  return inputs;
}

async function runPieces<C extends Readonly<Record<string, Kind>>, P extends Kind, Work>(
  step: StepDefinition<C, P, Work>,
  inputs: Inputs<C>,
  work: Work,
  {
    log = silent,
    signal = new AbortController().signal,
    interruptEvery = Number.POSITIVE_INFINITY,
  }: RunStepOptions,
  { outputPath, scratchDir }: { outputPath: string; scratchDir: string },
): Promise<FactsOf<P>> {
  const files = new Map<string, string>();
  const keepFiles = (made: Checkpoint["files"] = {}) => {
    for (const [name, path] of Object.entries(made)) files.set(name, path);
  };
  const pieces: Json[] = [];
  let composed: readonly string[] = [];
  const contextAt = (resumed: Resumption | null): StepContext => ({
    log,
    signal,
    outputPath,
    scratchDir,
    resumed,
    pieces,
    fetchFile: async (name) => fileNamed(files, name),
    composeOutput: (names) => {
      composed = names;
    },
    onSpawn() {},
  });
  if (step.scatter) {
    const todo = Array.from({ length: step.scatter.count(inputs) }, (_, index) => index);
    if (interruptEvery < Number.POSITIVE_INFINITY) todo.reverse();
    await drivePieces(step, todo, inputs, work, contextAt(null), async (index, piece) => {
      keepFiles(piece.files);
      pieces[index] = throughJson(piece.state);
      return "continue";
    });
  }
  let resumed: Resumption | null = null;
  for (;;) {
    let checkpoints = 0;
    let latest: Resumption | null = resumed;
    composed = [];
    const driven = await driveStep(step, inputs, work, contextAt(resumed), async (checkpoint) => {
      keepFiles(checkpoint.files);
      latest = { state: throughJson(checkpoint.state), files: [...files.keys()] };
      checkpoints += 1;
      return checkpoints >= interruptEvery ? "stop" : "continue";
    });
    if (driven.status === "finished") {
      for (const name of composed) await appendFile(outputPath, await readFile(fileNamed(files, name)));
      return driven.facts;
    }
    resumed = latest;
  }
}

/** State crosses to other workers so. */
function throughJson(state: Json): Json {
  return JSON.parse(JSON.stringify(state));
}

function fileNamed(files: ReadonlyMap<string, string>, name: string): string {
  const path = files.get(name);
  if (!path)
    throw new TypeError(`no piece has yielded a file "${name}"; there are: ${[...files.keys()].join(", ")}`);
  return path;
}

/** @throws {StepError} `invalid-output`, naming the step, what was expected and where. */
export function parseFacts<P extends Kind>(step: { name: string; produces: P }, facts: unknown): FactsOf<P> {
  const parsed = step.produces.facts.safeParse(facts);
  if (parsed.success) return parsed.data as FactsOf<P>;
  const where = parsed.error.issues.map((issue) => `${issue.path.join(".") || "result"}: ${issue.message}`);
  throw new StepError(
    "invalid-output",
    `${step.name} returned what is no ${step.produces.name}: ${where.join("; ")}`,
  );
}
