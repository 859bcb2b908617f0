import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FactsOf, type Kind, StepError } from "@segue/contracts";
import type { Input, StepContext, StepDefinition, StepLog } from "./define-step.ts";

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

/**
 * Runs a step in this very thread on given inputs: no queue, no storage. For a step's own tests and for one-off runs.
 * The payload stays at `outputDir`, by default a fresh temporary directory that the caller removes.
 *
 * @throws {StepError} whatever the step throws, normalised; `invalid-output` if its facts don't match its schema.
 */
export async function runStep<C extends Readonly<Record<string, Kind>>, P extends Kind, Work>(
  step: StepDefinition<C, P, Work>,
  given: { readonly [I in keyof C]: GivenInput<C[I]> },
  options: { readonly outputDir?: string; readonly log?: StepLog; readonly signal?: AbortSignal } = {},
): Promise<StepRun<P>> {
  const outputDir = options.outputDir ?? (await mkdtemp(join(tmpdir(), "segue-step-")));
  const scratchDir = await mkdtemp(join(tmpdir(), "segue-scratch-"));
  const { payload, name } = step.produces;
  const context: StepContext = {
    log: options.log ?? silent,
    signal: options.signal ?? new AbortController().signal,
    outputPath: payload ? join(outputDir, `${name}.${payload.extension}`) : "",
    scratchDir,
    onSpawn() {},
  };
  const inputs = Object.fromEntries(
    Object.entries(step.consumes).map(([input, kind]): [string, Input] => {
      const { facts, path } = given[input] as GivenInput<Kind>;
      return [input, { kind: kind.name, address: "0".repeat(64), facts, path: path ?? "" }];
    }),
  );
  try {
    const work = await step.setup();
    const facts = await step.run(inputs as Parameters<typeof step.run>[0], work, context);
    return { facts: parseFacts(step, facts), outputPath: context.outputPath };
  } catch (error) {
    throw StepError.from(error);
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
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
