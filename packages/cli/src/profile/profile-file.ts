import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StepError } from "@segue/contracts";
import type { Fleet } from "@segue/step";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes } from "../command-exit-codes.ts";
import { formatColumns } from "../format-columns.ts";
import { describeFailure } from "../local-run/describe-failure.ts";
import { prepareStep, runLocally } from "../local-run/run-locally.ts";
import { createStderrLog } from "../local-run/stderr-log.ts";
import { measureRun, type RunCost } from "./measure-run.ts";
import { watchMemory } from "./memory-watch.ts";
import { recordFlame } from "./record-flame.ts";

export interface ProfileRequest {
  readonly step: string;
  /** Absolute. */
  readonly file: string;
  readonly runs: number;
  /** Where a `.cpuprofile` goes. Absolute. */
  readonly flame: string | null;
  readonly json: boolean;
}

/** Measures a step on a file and shows what each run took. @returns the exit code. */
export async function profileFile(
  fleet: Fleet,
  request: ProfileRequest,
  context: CommandContext,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "segue-profile-"));
  try {
    const { budget, version, runs } = await measureRuns(fleet, request, context, folder);
    if (request.json) writeJson(context, { step: request.step, version, budget, runs, flame: request.flame });
    else context.stdout.write(`${renderRuns(runs)}\n`);
    return commandExitCodes.succeeded;
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    context.stderr.write(`${describeFailure(error).text}\n`);
    return commandExitCodes.failed;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureRuns(
  fleet: Fleet,
  request: ProfileRequest,
  { stderr }: CommandContext,
  folder: string,
) {
  const options = { folder, log: createStderrLog(stderr), signal: new AbortController().signal };
  const { step, inputs } = await prepareStep(fleet, request.step, request.file, options);
  const work: unknown = await step.setup();
  const run = () => runLocally(step, inputs, { ...options, work });
  const memory = watchMemory();
  const runs: RunCost[] = [];
  try {
    while (runs.length < request.runs) runs.push(await measureRun(memory, run));
  } finally {
    await memory[Symbol.asyncDispose]();
  }
  // A run of its own: sampling would be in the figures of the others.
  if (request.flame !== null) {
    await recordFlame(request.flame, run);
    stderr.write(`written to ${request.flame}\n`);
  }
  return { budget: step.budget, version: step.version, runs };
}

/** A line per run, and the median of each column. */
function renderRuns(runs: readonly RunCost[]): string {
  const head = ["RUN", "WALL ms", "CPU ms", "CHILDREN CPU ms", "PEAK MiB", "GROWN MiB"];
  const cells = (name: string, cost: RunCost) => [
    name,
    cost.wallMs.toFixed(0),
    cost.cpuMs.toFixed(0),
    cost.childCpuMs?.toFixed(0) ?? "-",
    cost.peakMiB.toFixed(0),
    cost.grownMiB.toFixed(0),
  ];
  const children = runs.flatMap(({ childCpuMs }) => childCpuMs ?? []);
  const middle: RunCost = {
    wallMs: median(runs.map(({ wallMs }) => wallMs)),
    cpuMs: median(runs.map(({ cpuMs }) => cpuMs)),
    childCpuMs: children.length > 0 ? median(children) : null,
    peakMiB: median(runs.map(({ peakMiB }) => peakMiB)),
    grownMiB: median(runs.map(({ grownMiB }) => grownMiB)),
  };
  const rows = runs.map((cost, i) => cells(String(i + 1), cost));
  return formatColumns([head, ...rows, cells("median", middle)], { right: [1, 2, 3, 4, 5] });
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? upper)) / 2;
}
