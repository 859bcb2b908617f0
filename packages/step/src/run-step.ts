import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FactsOf, type Kind, StepError } from "@segue/contracts";
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

export type { GivenInput };

const silent: StepLog = { debug() {}, info() {}, warn() {} };

export interface StepRun<P extends Kind> {
  readonly facts: FactsOf<P>;
  /** The payload that the step wrote; the empty string for a kind without payload. */
  readonly outputPath: string;
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
export async function runStep<C extends Readonly<Record<string, Kind>>, P extends Kind, Work>(
  step: StepDefinition<C, P, Work>,
  given: Given<C>,
  options: RunStepOptions = {},
): Promise<StepRun<P>> {
  const { payload, name } = step.produces;
  const kept = await createKeptWork();
  try {
    const outputDir = payload ? (options.outputDir ?? (await mkdtemp(join(tmpdir(), "segue-step-")))) : "";
    const outputPath = payload ? join(outputDir, `${name}.${payload.extension}`) : "";
    const work = (options.work as Work | undefined) ?? (await step.setup());
    const facts = await runAttempts(step, { given, work, kept, outputPath }, options);
    return { facts: parseFacts(step, facts), outputPath };
  } catch (error) {
    throw declaredError(step, error);
  } finally {
    await discardKept(kept);
  }
}

async function runAttempts<C extends Readonly<Record<string, Kind>>, P extends Kind, Work>(
  step: StepDefinition<C, P, Work>,
  given: Pick<LocalAttempt<C>, "given" | "work" | "kept" | "outputPath">,
  {
    log = silent,
    signal = new AbortController().signal,
    interruptEvery = Number.POSITIVE_INFINITY,
  }: RunStepOptions,
): Promise<FactsOf<P> | null> {
  const { kept, outputPath } = given;
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
      await compose(kept, ending.composed, outputPath);
      return ending.facts;
    }
    // Of what another worker had begun to write there is nothing here.
    if (outputPath) await rm(outputPath, { force: true });
  }
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
