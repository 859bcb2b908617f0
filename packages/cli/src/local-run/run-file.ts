import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isOneKind, kindsOf, StepError } from "@segue/contracts";
import type { AnyStep, Fleet } from "@segue/step";
import { formatLatency } from "@segue/wording";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes } from "../command-exit-codes.ts";
import { describeFailure } from "./describe-failure.ts";
import { formatFacts } from "./format-facts.ts";
import { inspected } from "./inspected-step.ts";
import { type LocalArtifact, prepareStep, runLocally } from "./run-locally.ts";
import { createStderrLog } from "./stderr-log.ts";

export interface RunRequest {
  readonly step: string;
  /** Absolute. */
  readonly file: string;
  /** Where the payload goes, or the facts as JSON for a kind without payload; of several outputs, a folder of such files. Absolute. */
  readonly output: string | null;
  /** A port on which to wait for a debugger; 0 for any. */
  readonly inspectPort: number | null;
  readonly json: boolean;
}

/** Runs a step and what it needs on a file, and shows what comes of it. @returns the exit code. */
export async function runFile(fleet: Fleet, request: RunRequest, context: CommandContext): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "segue-run-"));
  const { json } = request;
  try {
    const done = await runInFolder(fleet, request, context, folder);
    if (json) writeJson(context, done);
    else context.stdout.write(`${formatFacts(done.facts)}\n`);
    return commandExitCodes.succeeded;
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    const { report, text } = describeFailure(error);
    if (json) writeJson(context, { step: request.step, error: report });
    context.stderr.write(`${text}\n`);
    // The author of the step wants to know where.
    if (error.code === "step-failed" && error.cause instanceof Error) {
      context.stderr.write(`${error.cause.stack ?? error.cause}\n`);
    }
    return commandExitCodes.failed;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runInFolder(
  fleet: Fleet,
  { step: name, file, output, inspectPort }: RunRequest,
  { stderr }: CommandContext,
  folder: string,
) {
  const options = { folder, log: createStderrLog(stderr), signal: new AbortController().signal };
  const say = (step: string, kinds: readonly string[], ms: number) =>
    stderr.write(`${step} made ${kinds.join(", ")} in ${formatLatency(ms)}\n`);
  const prepared = await prepareStep(fleet, name, file, {
    ...options,
    onStep: ({ step, kinds, durationMs }) => say(step, kinds, durationMs),
  });
  const { inputs, ancestors } = prepared;
  // Set up first: a debugger that comes then finds the step's modules and can have breakpoints in them.
  const work: unknown = await prepared.step.setup();
  const step = inspectPort === null ? prepared.step : await inspected(prepared.step, inspectPort);
  const startedAt = performance.now();
  const { facts, made } = await runLocally(step, inputs, { ...options, work });
  const durationMs = performance.now() - startedAt;
  say(step.name, [...made.keys()], durationMs);
  if (inspectPort === null && durationMs > step.budget.timeMs) {
    stderr.write(`That is over its budget of ${formatLatency(step.budget.timeMs)} for one attempt.\n`);
  }
  if (output !== null) {
    await writeOutput(step, made, output);
    stderr.write(`written to ${output}\n`);
  }
  const { version } = step;
  return { step: name, version, kinds: [...made.keys()], facts, durationMs, output, ancestors };
}

async function writeOutput(
  step: AnyStep,
  made: ReadonlyMap<string, LocalArtifact>,
  output: string,
): Promise<void> {
  const write = async ({ facts, path }: LocalArtifact, to: string) => {
    if (path) await copyFile(path, to);
    else await writeFile(to, `${JSON.stringify(facts, null, 2)}\n`);
  };
  if (!isOneKind(step.produces)) await mkdir(output, { recursive: true });
  for (const { name, payload } of kindsOf(step)) {
    const to = isOneKind(step.produces) ? output : join(output, `${name}.${payload?.extension ?? "json"}`);
    const artifact = made.get(name);
    if (artifact) await write(artifact, to);
  }
}
