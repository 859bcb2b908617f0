import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { ApiClient } from "@segue/client";
import { ownKindOf, StepError, type TrackResource } from "@segue/contracts";
import type { Fleet } from "@segue/step";
import { printable } from "@segue/wording";
import { describeFailure } from "../local-run/describe-failure.ts";
import { formatFacts } from "../local-run/format-facts.ts";
import { inspected } from "../local-run/inspected-step.ts";
import { prepareStep, runLocally } from "../local-run/run-locally.ts";
import { createStderrLog } from "../local-run/stderr-log.ts";
import { isSameFailure, underlyingOf } from "./underlying-failure.ts";
import { NotThere, readTrack } from "./use-api.ts";

export interface ReproduceRequest {
  readonly api: ApiClient;
  readonly fleet: Fleet;
  readonly track: string;
  readonly step: string;
  /** A folder for the master; null: it is removed afterwards. */
  readonly keep: string | null;
  readonly inspectPort: number | null;
  readonly stderr: NodeJS.WritableStream;
}

interface Failed {
  /** The step that failed: the one that was asked for, or one that it needs. */
  readonly step: string;
  readonly code: string;
  readonly message: string;
}

export interface ReproduceReport {
  readonly step: string;
  /** What the fleet has on record: of a step that was given up, its last error; null: no failure of this step. */
  readonly recorded: Failed | null;
  /** What happens here; null: it succeeds. */
  readonly here: Failed | null;
  /** False: the chain here would give the result another address than the fleet's attempt had. */
  readonly sameRecipe: boolean;
}

/** @throws {NotThere} if there is no such track, or its master is gone. */
export async function reproduceStep(
  request: ReproduceRequest,
): Promise<{ readonly report: ReproduceReport; readonly text: string }> {
  const { api, fleet, track: id, step: name, keep } = request;
  const track = await readTrack(api, id);
  const folder = await mkdtemp(join(tmpdir(), "segue-reproduce-"));
  try {
    if (keep !== null) await mkdir(keep, { recursive: true });
    const file = keep === null ? join(folder, id) : join(keep, basename(track.fileName ?? id));
    if (!(await api.downloadMaster(id, file))) throw new NotThere(`the master of track ${id} is gone`);
    const outcome = await runHere(request, file, folder);
    const recorded = readRecorded(track, name);
    if (track.master === null) throw new NotThere(`the source of track ${id} has not been fetched`);
    const address = fleet.chain.addressesFor(track.master).get(ownKindOf(fleet.chain.step(name)));
    const there = track.steps.find((step) => step.step === name)?.address ?? null;
    const sameRecipe = there === null || there === address;
    const report = { step: name, recorded, here: outcome.failed, sameRecipe };
    return { report, text: [...describe(report), ...outcome.words].join("\n") };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runHere(
  { fleet, step: name, inspectPort, stderr }: ReproduceRequest,
  file: string,
  folder: string,
): Promise<{ readonly failed: Failed | null; readonly words: readonly string[] }> {
  const options = { folder, log: createStderrLog(stderr), signal: new AbortController().signal };
  const succeeded = new Set<string>();
  const onStep = ({ step }: { step: string }) => {
    succeeded.add(step);
    stderr.write(`${step} succeeds\n`);
  };
  try {
    const prepared = await prepareStep(fleet, name, file, { ...options, onStep });
    const work: unknown = await prepared.step.setup();
    const step = inspectPort === null ? prepared.step : await inspected(prepared.step, inspectPort);
    const { facts } = await runLocally(step, prepared.inputs, { ...options, work });
    return { failed: null, words: [formatFacts(facts)] };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    const { code, message } = error;
    const stack = code === "step-failed" && error.cause instanceof Error ? [error.cause.stack ?? ""] : [];
    const failing = inOrder(fleet, name).find((step) => !succeeded.has(step)) ?? name;
    return { failed: { step: failing, code, message }, words: [describeFailure(error).text, ...stack] };
  }
}

/** A step and what it needs, as they run. */
function inOrder({ chain }: Fleet, name: string): string[] {
  const step = chain.step(name);
  const needed = chain.ancestorsOf(step);
  return [...chain.steps.filter((other) => needed.has(other)), step].map((other) => other.name);
}

function readRecorded(track: TrackResource, name: string): Failed | null {
  const report = track.steps.find(({ step }) => step === name);
  if (report?.error) return { step: name, ...underlyingOf(report.error) };
  // A step that waits in vain: what it waits for is what failed.
  const [blocker] = report?.blockedBy ?? [];
  return blocker === undefined ? null : readRecorded(track, blocker);
}

function describe({ step, recorded, here, sameRecipe }: ReproduceReport): string[] {
  const words = (failed: Failed) => `${failed.step}: ${failed.code}: ${printable(failed.message)}`;
  const isSame =
    recorded !== null && here !== null && here.step === recorded.step && isSameFailure(here, recorded);
  const verdict = here === null ? `${step} succeeds here` : isSame ? "reproduced" : "another failure here";
  return [
    `in the fleet: ${recorded ? words(recorded) : "no failure"}`,
    `here: ${here ? words(here) : "no failure"}`,
    verdict,
    ...(sameRecipe ? [] : ["The chain here is another than the one that this was recorded with."]),
  ];
}
