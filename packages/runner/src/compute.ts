import {
  addSpent,
  attemptFrom,
  recordOfOutput,
  runMs,
  type Spent,
  type StoredPayload,
  unknownSpent,
} from "@segue/artifacts";
import { describeOutputs, outputAddress } from "@segue/chain";
import {
  type ArtifactRecord,
  type Attempt,
  isOneKind,
  type Kind,
  type Made as MadeOutput,
  outputsOf,
  ownArtifactOf,
  type PayloadRef,
  type Tools,
} from "@segue/contracts";
import { comesAgain } from "@segue/queue";
import { parseFacts, type StepLog } from "@segue/step";
import { type Composed, declaredError, factsIn, outputPathsIn } from "@segue/step/attempt";
import { ObjectNotFoundError } from "@segue/store";
import { announce } from "./announce.ts";
import type { Lack } from "./gather-inputs.ts";
import { handOn, keepMade } from "./hand-on.ts";
import type { Ending, HandlerParts } from "./handler-parts.ts";
import { createLongRun, type LongRun } from "./long-run.ts";
import { allOfIt, type ChosenWork, chooseWork, handShareOn } from "./scatter.ts";
import type { PoolResult, PoolRun } from "./step-pool.ts";
import type { Work } from "./work.ts";

type Outcome = ArtifactRecord["outcome"];

/** Payloads lie beside the inputs, which are named for what the step calls them. */
const outputPrefix = "output-";

/** A record of this attempt. */
type OwnRecord = ArtifactRecord & { readonly attempt: Attempt };

/** What an attempt has come to. */
interface Made {
  readonly record: OwnRecord;
  /** The record that holds, where it has been stored with the payload. */
  readonly stored: ArtifactRecord | undefined;
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

async function beginRun(parts: HandlerParts, work: Work, { count, share, moved }: ChosenWork): Promise<Run> {
  const { errand, run: name, dir, gathered } = work;
  // The first delivery of a fact has nothing to go on from.
  const mayResume = !share && errand.resumes;
  const resumed = mayResume ? ((await parts.checkpoints.latest(name)) ?? null) : null;
  const run: Run = {
    startedAt: work.startedAt,
    scatters: count > 0,
    longRun: createLongRun(parts, {
      ...{ name, dir, resumed, moved, payloads: gathered.payloads },
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
    const describe = describer(parts, work, run, { spent, tools: result.tools });
    const { outcome, stored } = await storeOutputs(parts, work, longRun, result, describe);
    return { record: describe(outcome), stored };
  } catch (thrown) {
    const expired = longRun.expired();
    if (expired) {
      // What it has used of a CPU died with its thread.
      const used = measure(parts, run, { cpuMs: null, tools: {} });
      const comesFurther = await keepMade(longRun, share ? "pieces" : "checkpoint", used.own);
      return { status: "lacking", missing: [], failed: [], expired: [expired], comesFurther };
    }
    const error = declaredError(parts.step, thrown);
    if (!error.permanent) throw thrown;
    const describe = describer(parts, work, run, { spent, tools: parts.pool.tools() });
    return { record: describe({ status: "failed", error: error.toFailure() }), stored: undefined };
  }
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

/** Makes records of an attempt, which ends when the first of them is made. */
function describer(
  parts: HandlerParts,
  { errand, address, inputs }: Work,
  { startedAt }: Run,
  { spent, tools }: { readonly spent: Spent; readonly tools: Tools },
): (outcome: Outcome) => OwnRecord {
  const { step } = parts;
  let attempt: Attempt | undefined;
  return (outcome) => {
    attempt ??= { ...attemptFrom(parts, errand.delivery, startedAt, spent), ...toTell(tools) };
    return {
      v: 1,
      address,
      ...describeOutputs(step, address),
      step: { name: step.name, version: step.version },
      inputs: { ...inputs },
      outcome,
      attempt,
      requestId: errand.request.requestId,
    };
  };
}

/** Stores the record, where that has not been done, and tells of what holds. */
async function conclude(
  parts: HandlerParts,
  work: Work,
  run: Run,
  { record, stored: storedWithPayload }: Made,
): Promise<Ending> {
  const { step, artifacts } = parts;
  const { errand, replace } = work;
  const { outcome, attempt } = record;
  // What has been done on the way is removed when the record is there; and of a join each input's fact may have somebody look for it.
  const atOnce = mayHaveLeft(run) || parts.chain.triggersOf(step).length > 1;
  const stored =
    storedWithPayload ?? (await artifacts.storeRecord(ownArtifactOf(step), record, { replace, atOnce }));
  // A failure that takes nothing away is told all the same.
  const told = replace && stored.outcome.status !== outcome.status ? record : stored;
  // What follows another's record ends after that one.
  const own = replace && told === stored ? (stored.attempt ?? attempt) : attempt;
  await announce(parts, errand, told, "computed", own);
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
  describe: (outcome: Outcome) => ArtifactRecord,
): Promise<{ readonly outcome: Outcome; readonly stored: ArtifactRecord | undefined }> {
  const { step } = parts;
  const facts = parseFacts(step, result.facts);
  const paths = outputPathsIn(step, work.dir, outputPrefix);
  const made: [string, MadeOutput][] = [];
  let stored: ArtifactRecord | undefined;
  // One after the other: each is uploaded as fast as this machine can.
  for (const { name, kind } of outputsOf(step)) {
    const own = factsIn(step, facts, name);
    const file = { path: paths[name] ?? "", names: result.composed[name] };
    const recordOf = (payload: PayloadRef) => describe({ status: "succeeded", facts: own, payload });
    const { payload, record } = await storePayload(parts, work, longRun, kind, { ...file, recordOf });
    stored = record;
    made.push([kind.name, { facts: own, payload }]);
  }
  const none = { facts: null, payload: null };
  const ofAll = isOneKind(step.produces) ? made[0]?.[1] : { ...none, outputs: Object.fromEntries(made) };
  return { outcome: { status: "succeeded", ...(ofAll ?? none) }, stored };
}

/** What a run has left of one output. */
interface OutputFile {
  readonly path: string;
  /** Of the files that make it up, where the step has said so. */
  readonly names: Composed[string] | undefined;
  /** Where this is all that the step makes. */
  recordOf(payload: PayloadRef): ArtifactRecord;
}

async function storePayload(
  parts: HandlerParts,
  work: Work,
  longRun: LongRun,
  kind: Kind,
  { path, names, recordOf }: OutputFile,
): Promise<StoredPayload | { readonly payload: null; readonly record: undefined }> {
  const { artifacts, step } = parts;
  const { existing: before, replace } = work;
  if (!kind.payload) return { payload: null, record: undefined };
  const isOnly = isOneKind(step.produces);
  const address = isOnly ? work.address : outputAddress(work.address, kind.name);
  const existing = isOnly ? before : before && recordOfOutput(before, kind.name);
  // Of several outputs the record is of all of them.
  const own = isOnly && !replace ? { recordOf } : {};
  if (!names) return artifacts.storePayload(kind, address, path, { existing, replace, ...own });
  const files = await longRun.storedFiles(names);
  return artifacts.composePayload(kind, address, files, { existing, replace }).catch((error) => {
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
