import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  isOneKind,
  type Kind,
  type OutputOf,
  outputsOf,
  type Produces,
  type ResultOf,
} from "@segue/contracts";
import { declaredError } from "./declared-error.ts";
import type { InputFacts, StepDefinition, StepLog } from "./define-step.ts";
import {
  compose,
  createKeptWork,
  discardKept,
  type Given,
  type GivenInput,
  type LocalAttempt,
  type LocalEnding,
  runLocalAttempt,
  sizesOf,
} from "./local-attempt.ts";
import { outputPathsIn } from "./output-payloads.ts";
import { parseFacts } from "./parse-facts.ts";

export type { GivenInput };

const silent: StepLog = { debug() {}, info() {}, warn() {} };

export interface StepRun<P extends Produces> {
  readonly facts: ResultOf<P>;
  /** The payload that the step wrote; the empty string for a kind without payload, and where there are several outputs. */
  readonly outputPath: string;
  /** Of several outputs, the payload of each. */
  readonly outputPaths: Readonly<Record<OutputOf<P>, string>>;
}

export interface RunStepOptions {
  readonly outputDir?: string;
  readonly log?: StepLog;
  readonly signal?: AbortSignal;
  readonly interruptEvery?: number;
  /** What the step's `setup` gave, where it has been called. */
  readonly work?: unknown;
}

/**
 * Runs a step in this very thread on given inputs: no queue, no storage. For a step's own tests and for one-off runs.
 * The payload stays at `outputDir`, by default a fresh temporary directory, which the caller of a step with a payload removes. With
 * `interruptEvery`, a step on long input is stopped after that many pieces, over and over, and goes on from its
 * checkpoint as another worker would, in a directory of its own, and pieces of one that scatters are made last to first: its result
 * must be the same.
 *
 * @throws {StepError} whatever the step throws, normalised; `invalid-output` if its facts don't match its schema.
 */
export async function runStep<C extends Readonly<Record<string, Kind>>, P extends Produces, Work>(
  step: StepDefinition<C, P, Work>,
  given: Given<C>,
  options: RunStepOptions = {},
): Promise<StepRun<P>> {
  const kept = await createKeptWork();
  try {
    const writes = outputsOf(step).some(({ kind }) => kind.payload);
    const outputDir = writes ? (options.outputDir ?? (await mkdtemp(join(tmpdir(), "segue-step-")))) : "";
    const outputPaths = outputPathsIn(step, outputDir);
    const work = (options.work as Work | undefined) ?? (await step.setup());
    const facts = await runAttempts(step, { given, work, kept, outputPaths }, options);
    const outputPath = isOneKind(step.produces) ? (outputPaths[step.produces.name] ?? "") : "";
    return { facts: parseFacts(step, facts), outputPath, outputPaths };
  } catch (error) {
    throw declaredError(step, error);
  } finally {
    await discardKept(kept);
  }
}

async function runAttempts<C extends Readonly<Record<string, Kind>>, P extends Produces, Work>(
  step: StepDefinition<C, P, Work>,
  given: Pick<LocalAttempt<C>, "given" | "work" | "kept" | "outputPaths">,
  {
    log = silent,
    signal = new AbortController().signal,
    interruptEvery = Number.POSITIVE_INFINITY,
  }: RunStepOptions,
): Promise<ResultOf<P> | null> {
  const { kept, outputPaths } = given;
  const attempt = async (todo: readonly number[] | null): Promise<LocalEnding<P>> => {
    const scratchDir = await mkdtemp(join(tmpdir(), "segue-scratch-"));
    let pieces = 0;
    const goesOn = () => {
      pieces += 1;
      return todo === null && pieces >= interruptEvery ? "stop" : "continue";
    };
    try {
      return await runLocalAttempt(step, { ...given, log, signal, todo, scratchDir, goesOn });
    } finally {
      await rm(scratchDir, { recursive: true, force: true });
    }
  };
  if (step.scatter) {
    const count = step.scatter.count((await sizesOf(step, given.given)) as InputFacts<C>);
    const todo = Array.from({ length: count }, (_, index) => index);
    await attempt(interruptEvery < Number.POSITIVE_INFINITY ? todo.reverse() : todo);
  }
  for (;;) {
    const ending = await attempt(null);
    if (ending.status === "finished") {
      await compose(kept, ending.composed, outputPaths);
      return ending.facts;
    }
    // Of what another worker had begun to write there is nothing here.
    for (const path of Object.values(outputPaths)) if (path) await rm(path, { force: true });
  }
}
