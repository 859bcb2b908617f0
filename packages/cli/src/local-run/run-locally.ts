import { mkdir, stat, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Kind, kindsOf, Master, outputsOf } from "@segue/contracts";
import { type AnyStep, type Fleet, runStep, type StepLog } from "@segue/step";
import { factsIn } from "@segue/step/attempt";

/** An artifact that was made on this machine: facts, and the payload's path where its kind has one. */
export interface LocalArtifact {
  readonly facts: unknown;
  readonly path: string;
}

/** An ancestor that has run. */
export interface FinishedStep {
  readonly step: string;
  readonly kinds: readonly string[];
  readonly durationMs: number;
}

export interface PreparedStep {
  readonly step: AnyStep;
  /** By the step's input names. */
  readonly inputs: Readonly<Record<string, LocalArtifact>>;
  readonly ancestors: readonly FinishedStep[];
}

/** Kind to the artifact, for a step's inputs. */
type Artifacts = Map<string, LocalArtifact>;

export interface PrepareOptions {
  /** Holds a folder per step with what it makes. */
  readonly folder: string;
  readonly log: StepLog;
  readonly signal: AbortSignal;
  onStep?(finished: FinishedStep): void;
}

/**
 * Makes all that a step consumes of a file, by running its ancestors in this very process: no queue, no storage.
 *
 * @throws {StepError} of an ancestor; {ChainError} if there is no such step.
 */
export async function prepareStep(
  { chain }: Fleet,
  name: string,
  file: string,
  options: PrepareOptions,
): Promise<PreparedStep> {
  const step = chain.step(name);
  const needed = chain.ancestorsOf(step);
  const artifacts: Artifacts = new Map();
  artifacts.set(Master.name, await takeAsMaster(file, options.folder));
  const ancestors: FinishedStep[] = [];
  for (const ancestor of chain.steps.filter((other) => needed.has(other))) {
    const startedAt = performance.now();
    const { made } = await runLocally(ancestor, pickInputs(ancestor, artifacts), options);
    for (const [kind, artifact] of made) artifacts.set(kind, artifact);
    const durationMs = performance.now() - startedAt;
    const kinds = kindsOf(ancestor).map(({ name }) => name);
    const finished = { step: ancestor.name, kinds, durationMs };
    ancestors.push(finished);
    options.onStep?.(finished);
  }
  return { step, inputs: pickInputs(step, artifacts), ancestors };
}

/**
 * Under the name that a worker gives it: what ffmpeg makes of damaged bytes depends on a file's name, and what comes of them
 * here is to be what comes of them in a fleet.
 */
async function takeAsMaster(file: string, folder: string): Promise<LocalArtifact> {
  const path = join(folder, `${Master.name}.${Master.payload.extension}`);
  await symlink(resolve(file), path);
  return { facts: { sizeBytes: (await stat(file)).size }, path };
}

/** What a step has made. */
export interface LocalResult {
  /** Of several outputs, those of each. */
  readonly facts: unknown;
  /** By kind. */
  readonly made: ReadonlyMap<string, LocalArtifact>;
}

/** Runs one step; its payloads stay in the folder. `work` is what its `setup` gave, if that has been called. */
export async function runLocally(
  step: AnyStep,
  inputs: Readonly<Record<string, LocalArtifact>>,
  { folder, log, signal, work }: PrepareOptions & { readonly work?: unknown },
): Promise<LocalResult> {
  const outputDir = join(folder, step.name);
  await mkdir(outputDir, { recursive: true });
  const run = await runStep(step, inputs, { outputDir, log, signal, work });
  const paths: Readonly<Record<string, string>> = run.outputPaths;
  const made = outputsOf(step).map(({ name, kind }): [string, LocalArtifact] => [
    kind.name,
    { facts: factsIn(step, run.facts, name), path: paths[name] ?? "" },
  ]);
  return { facts: run.facts, made: new Map(made) };
}

function pickInputs(step: AnyStep, artifacts: Artifacts): Record<string, LocalArtifact> {
  const consumes: Readonly<Record<string, Kind>> = step.consumes;
  return Object.fromEntries(
    Object.entries(consumes).flatMap(([input, kind]) => {
      const artifact = artifacts.get(kind.name);
      return artifact ? [[input, artifact]] : [];
    }),
  );
}
