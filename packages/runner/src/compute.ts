import { addSpent, attemptFrom, recordOfOutput, runMs, type Spent, unknownSpent } from "@segue/artifacts";
import { describeOutputs, outputAddress } from "@segue/chain";
import {
  type ArtifactRecord,
  type Attempt,
  isForced,
  isOneKind,
  type Kind,
  type Made as MadeOutput,
  outputsOf,
  type Tools,
} from "@segue/contracts";
import { comesAgain } from "@segue/queue";
import { parseFacts, type StepLog } from "@segue/step";
import { type Composed, declaredError, factsIn, outputPathsIn } from "@segue/step/attempt";
import { ObjectNotFoundError } from "@segue/store";
import { announce } from "./announce.ts";
import { taskForTheRest } from "./errand.ts";
import type { Lack } from "./gather-inputs.ts";
import type { Ending, HandlerParts } from "./handler-parts.ts";
import { createLongRun, type LongRun } from "./long-run.ts";
import { type ChosenWork, chooseWork, handShareOn } from "./scatter.ts";
import type { PoolResult, PoolRun } from "./step-pool.ts";
import type { Work } from "./work.ts";

/** Payloads lie beside the inputs, which are named for what the step calls them. */
const outputPrefix = "output-";

/** Of a step that does not scatter. */
const allOfIt: ChosenWork = { count: 0, share: null, pieces: [], spent: [] };

/** What an attempt has come to, before it is stored. */
interface Made {
  readonly outcome: ArtifactRecord["outcome"];
  readonly spent: Spent;
  /** What it was made with. */
  readonly tools: Tools;
}

/** One attempt's run, and when its budget began. */
interface Run {
  readonly longRun: LongRun;
  /** Whether others may have left pieces. */
  readonly scatters: boolean;
  startedAt: Date;
}

/** Runs the step on gathered inputs, stores what came of it and announces it; or finds that an input has expired. */
export async function compute(parts: HandlerParts, work: Work): Promise<Ending | Lack> {
  const chosen = parts.step.scatter ? await chooseWork(parts, work) : allOfIt;
  if (typeof chosen === "string") return chosen;
  const run = await beginRun(parts, work, chosen);
  const made = await make(parts, work, chosen, run);
  return typeof made === "string" || "status" in made ? made : await conclude(parts, work, run, made);
}

async function beginRun(parts: HandlerParts, work: Work, { count, share }: ChosenWork): Promise<Run> {
  const { errand, run: name, dir, gathered } = work;
  // The first delivery of a fact has nothing to go on from.
  const mayResume = !share && errand.resumes;
  const resumed = mayResume ? ((await parts.checkpoints.latest(name)) ?? null) : null;
  const run: Run = {
    startedAt: work.startedAt,
    scatters: count > 0,
    longRun: createLongRun(parts, {
      ...{ name, dir, resumed, payloads: gathered.payloads },
      startedAt: () => run.startedAt,
    }),
  };
  return run;
}

async function make(
  parts: HandlerParts,
  work: Work,
  { count, share, pieces, spent: spentOnPieces }: ChosenWork,
  run: Run,
): Promise<Ending | Lack | Made> {
  const { longRun } = run;
  let spent = unknownSpent;
  try {
    const result = await runAttempt(parts, work, longRun, {
      pieces,
      todo: share?.todo ?? null,
      onReady() {
        run.startedAt = parts.now();
      },
    });
    const { own, now } = measure(parts, run, result);
    if (share) {
      await longRun.saveShare({ ...now, earlier: [own] });
      return await handShareOn(parts, work, share, count);
    }
    const before = longRun.resumed ? [longRun.resumed.spent] : spentOnPieces;
    if (result.status === "stopped" || leavesJoining(result, longRun))
      return await handOn(parts, work, longRun, before.reduce(addSpent, { ...now, earlier: [own] }));
    spent = before.reduce(addSpent, { ...now, earlier: [] });
    const outcome = { status: "succeeded" as const, ...(await storeOutputs(parts, work, longRun, result)) };
    return { outcome, spent, tools: result.tools };
  } catch (thrown) {
    const expired = longRun.expired();
    if (expired) {
      await keepMade(parts, run, share ? "pieces" : "checkpoint");
      return { status: "lacking", missing: [], failed: [], expired: [expired] };
    }
    const error = declaredError(parts.step, thrown);
    if (!error.permanent) throw thrown;
    return { outcome: { status: "failed", error: error.toFailure() }, spent, tools: parts.pool.tools() };
  }
}

/** What an attempt has made that can't go on is there for the one that will. What it has used of a CPU died with its thread. */
async function keepMade(parts: HandlerParts, run: Run, what: "pieces" | "checkpoint"): Promise<void> {
  const { longRun } = run;
  if (!longRun.hasMade(what)) return;
  const { own } = measure(parts, run, { cpuMs: null, tools: {} });
  const now = { ...unknownSpent, earlier: [own] };
  if (what === "pieces") await longRun.saveShare(now);
  else await longRun.saveCheckpoint(longRun.resumed ? addSpent(longRun.resumed.spent, now) : now);
}

/** What this attempt has used, and how it is told of when another one goes on. */
function measure(
  parts: HandlerParts,
  { startedAt }: Run,
  { cpuMs, sharedBy, tools }: Pick<PoolResult, "cpuMs" | "sharedBy" | "tools">,
) {
  const durationMs = runMs(startedAt, parts.now());
  const { worker, gpuShare } = parts;
  return {
    own: { worker, startedAt: startedAt.toISOString(), durationMs, ...toTell(tools) },
    now: { cpuMs, gpuMs: gpuShare && (durationMs * gpuShare) / (sharedBy ?? 1) },
  };
}

/** Stores the record, and tells of what holds. */
async function conclude(
  parts: HandlerParts,
  work: Work,
  run: Run,
  { outcome, spent, tools }: Made,
): Promise<Ending> {
  const { step, artifacts } = parts;
  const { errand } = work;
  const attempt = { ...attemptFrom(parts, errand.delivery, run.startedAt, spent), ...toTell(tools) };
  const record: ArtifactRecord = {
    v: 1,
    address: work.address,
    ...describeOutputs(step, work.address),
    step: { name: step.name, version: step.version },
    inputs: { ...work.inputs },
    outcome,
    attempt,
    requestId: errand.request.requestId,
  };
  // Only a payload that is gone or damaged, or whose step is forced, is ever made again; and what a request forces is its own, whoever
  // was faster than it.
  const replace = work.existing !== undefined || isForced(step, errand.request);
  // What has been done on the way is removed when the record is there; and of a join each input's fact may have somebody look for it.
  const atOnce = mayHaveLeft(run) || parts.chain.triggersOf(step).length > 1;
  const stored = await artifacts.storeRecord(record, { replace, atOnce });
  // A failure that takes nothing away is told all the same.
  const told = replace && stored.outcome.status !== outcome.status ? record : stored;
  await announce(parts, errand, told, "computed", attempt);
  if (mayHaveLeft(run)) await run.longRun.discard();
  return told.outcome.status === "succeeded" ? "computed" : "failed";
}

/** Whether there may be checkpoints or files of the run in storage. */
function mayHaveLeft({ longRun, scatters }: Run): boolean {
  return scatters || longRun.resumed !== null || longRun.uploads.size > 0;
}

function toTell(tools: Tools): Pick<Attempt, "tools"> {
  return Object.keys(tools).length > 0 ? { tools } : {};
}

function runAttempt(
  parts: HandlerParts,
  work: Work,
  longRun: LongRun,
  what: Pick<PoolRun, "pieces" | "todo" | "onReady">,
) {
  const fields = { track: work.errand.request.trackId, address: work.address };
  const log: StepLog = {
    debug: (more, text) => parts.log.debug({ ...fields, ...more }, text),
    info: (more, text) => parts.log.info({ ...fields, ...more }, text),
    warn: (more, text) => parts.log.warn({ ...fields, ...more }, text),
  };
  const { resumed, requests } = longRun;
  const run: PoolRun = {
    inputs: work.gathered.inputs,
    outputPaths: outputPathsIn(parts.step, work.dir, outputPrefix),
    scratchDir: work.dir,
    alone: comesAgain(work.errand.delivery),
    resumed: resumed && { state: resumed.state, files: resumed.files },
    requests,
    ...what,
    log,
    signal: parts.signal,
  };
  return work.quarantined ? parts.quarantine.run(parts.step, run) : parts.pool.run(run);
}

/**
 * Stores the payloads that a run has left. Until the record speaks of them, none of them counts.
 *
 * @throws {StepError} `invalid-output` where its facts are not what its kinds demand.
 */
async function storeOutputs(
  parts: HandlerParts,
  work: Work,
  longRun: LongRun,
  result: PoolResult,
): Promise<MadeOutput & { readonly outputs?: Record<string, MadeOutput> }> {
  const { step } = parts;
  const facts = parseFacts(step, result.facts);
  const paths = outputPathsIn(step, work.dir, outputPrefix);
  const made: [string, MadeOutput][] = [];
  // One after the other: each is uploaded as fast as this machine can.
  for (const { name, kind } of outputsOf(step)) {
    const file = { path: paths[name] ?? "", names: result.composed[name] };
    const payload = await storePayload(parts, work, longRun, kind, file);
    made.push([kind.name, { facts: factsIn(step, facts, name), payload }]);
  }
  if (!isOneKind(step.produces)) return { facts: null, payload: null, outputs: Object.fromEntries(made) };
  return made[0]?.[1] ?? { facts: null, payload: null };
}

/** @param file the names of the files that make it up, where the step has said so, or its path. */
async function storePayload(
  { artifacts, step }: HandlerParts,
  { address: own, existing: before }: Work,
  longRun: LongRun,
  kind: Kind,
  { path, names }: { readonly path: string; readonly names: Composed[string] | undefined },
) {
  if (!kind.payload) return null;
  const isOnly = isOneKind(step.produces);
  const address = isOnly ? own : outputAddress(own, kind.name);
  const existing = isOnly ? before : before && recordOfOutput(before, kind.name);
  if (!names) return artifacts.storePayload(kind, address, path, { existing });
  const files = await longRun.storedFiles(names);
  return artifacts.composePayload(kind, address, files, { existing }).catch((error) => {
    if (!(error instanceof ObjectNotFoundError)) throw error;
    // A run that ended beside this one has removed them, or they have expired.
    return longRun.beginAnew(error.message);
  });
}

/** Storage joins so many objects at once; more are joined in rounds. */
const joinedAtOnce = 32;

/**
 * Whether joining the files is left to an attempt of its own: of hours it takes seconds, which an attempt that has made
 * the last of them may no longer have. The one that goes on from there makes none, so this happens once at most.
 */
function leavesJoining({ composed }: Pick<PoolResult, "composed">, longRun: LongRun): boolean {
  const files = Object.values(composed).reduce((sum, names) => sum + names.length, 0);
  return files > joinedAtOnce && longRun.uploads.size > 0;
}

/** The budget is nearly spent, the worker drains, or only the joining is left: whoever takes the continuation goes on from the checkpoint. */
async function handOn(parts: HandlerParts, work: Work, longRun: LongRun, spent: Spent): Promise<Ending> {
  const checkpoint = await longRun.saveCheckpoint(spent);
  await parts.publisher.task({ type: "Continue", ...taskForTheRest(parts, work.errand), checkpoint });
  parts.log.info({ track: work.errand.request.trackId, address: work.address, checkpoint }, "handed on");
  return "handed-on";
}
