import { join } from "node:path";
import { addSpent, type Spent, unknownSpent } from "@segue/artifacts";
import type { ArtifactRecord, Attempt } from "@segue/contracts";
import type { StepLog } from "@segue/step";
import { parseFacts } from "@segue/step";
import { declaredError } from "@segue/step/attempt";
import { announce } from "./announce.ts";
import { wantsOfBranch } from "./branch-wants.ts";
import { forcedBy } from "./forced-request.ts";
import { attemptFrom, type Ending, type HandlerParts, type Work } from "./handler-parts.ts";
import { createLongRun, type LongRun } from "./long-run.ts";
import { chooseWork, handShareOn, joinStates } from "./scatter.ts";
import type { PoolRun } from "./step-pool.ts";

/** Runs the step on gathered inputs, stores what came of it and announces it; or finds that an input has expired. */
export async function compute(
  parts: HandlerParts,
  work: Work,
): Promise<Ending | { readonly expired: string }> {
  const { step, artifacts, checkpoints } = parts;
  const { message, address, dir } = work;
  const chosen = await chooseWork(parts, work);
  if (typeof chosen === "string") return chosen;
  const { count, share, shares } = chosen;
  // A first delivery has nothing to go on from; only another one, or a continuation, is worth the look.
  const mayResume = !share && (message.checkpoint !== undefined || work.delivery.deliveryAttempt > 1);
  const resumed = mayResume ? ((await checkpoints.latest(address)) ?? null) : null;
  let { startedAt } = work;
  const longRun = createLongRun(parts, {
    address,
    dir,
    startedAt: () => startedAt,
    payloads: work.gathered.payloads,
    resumed,
    scatters: count > 0,
  });
  const onReady = () => {
    startedAt = parts.now();
  };

  let outcome: ArtifactRecord["outcome"];
  let spent = unknownSpent;
  try {
    const result = await runAttempt(parts, work, longRun, {
      pieces: joinStates(shares),
      todo: share?.todo ?? null,
      onReady,
    });
    const ranMs = parts.now().getTime() - startedAt.getTime();
    const own = {
      worker: parts.worker,
      startedAt: startedAt.toISOString(),
      durationMs: ranMs,
      ...toolsOf(parts),
    };
    const now = {
      cpuMs: result.cpuMs,
      gpuMs: parts.gpuShare && (ranMs * parts.gpuShare) / (result.sharedBy ?? 1),
    };
    if (share) {
      await longRun.saveShare({ ...now, earlier: [own] });
      return await handShareOn(parts, work, share, count);
    }
    const before = (resumed ? [resumed] : shares).map((part) => part.spent);
    if (result.status === "stopped" || leavesJoining(result, longRun))
      return await handOn(parts, work, longRun, before.reduce(addSpent, { ...now, earlier: [own] }));
    spent = before.reduce(addSpent, { ...now, earlier: [] });
    outcome = {
      status: "succeeded",
      facts: parseFacts(step, result.facts),
      payload: await storePayload(parts, work, longRun, result),
    };
  } catch (thrown) {
    const expired = longRun.expired();
    if (expired) return { expired };
    const error = declaredError(step, thrown);
    if (!error.permanent) throw thrown;
    outcome = { status: "failed", error: error.toFailure() };
  }
  const attempt = { ...attemptFrom(parts, work.delivery, startedAt, spent), ...toolsOf(parts) };
  const record: ArtifactRecord = {
    v: 1,
    address,
    kind: step.produces.name,
    step: { name: step.name, version: step.version },
    inputs: { ...work.inputs },
    outcome,
    attempt,
    ...forcedBy(step, message),
  };
  // Only a payload that is gone or damaged, or whose step is forced, is ever made again.
  const replace = work.existing !== undefined;
  const stored = await artifacts.storeRecord(record, { replace });
  // A failure that takes nothing away is told all the same.
  const told = replace && stored.outcome.status !== outcome.status ? record : stored;
  await announce(parts, work.message, told, "computed", attempt);
  await longRun.discard();
  return told.outcome.status === "succeeded" ? "computed" : "failed";
}

function toolsOf({ pool }: HandlerParts): Pick<Attempt, "tools"> {
  const tools = pool.tools();
  return Object.keys(tools).length > 0 ? { tools } : {};
}

/** Where a step without a composed payload writes it; the empty string for a kind without payload. */
function outputPathOf({ step }: HandlerParts, { dir }: Work): string {
  const spec = step.produces.payload;
  return spec ? join(dir, `output.${spec.extension}`) : "";
}

function runAttempt(
  parts: HandlerParts,
  work: Work,
  longRun: LongRun,
  what: Pick<PoolRun, "pieces" | "todo" | "onReady">,
) {
  const fields = { track: work.message.trackId, address: work.address };
  const log: StepLog = {
    debug: (more, text) => parts.log.debug({ ...fields, ...more }, text),
    info: (more, text) => parts.log.info({ ...fields, ...more }, text),
    warn: (more, text) => parts.log.warn({ ...fields, ...more }, text),
  };
  const { resumed, requests } = longRun;
  const run: PoolRun = {
    inputs: work.gathered.inputs,
    outputPath: outputPathOf(parts, work),
    scratchDir: work.dir,
    alone: work.delivery.deliveryAttempt > 1,
    resumed: resumed && { state: resumed.state, files: resumed.files },
    requests,
    ...what,
    log,
    signal: parts.signal,
  };
  return work.quarantined ? parts.quarantine.run(parts.step, run) : parts.pool.run(run);
}

async function storePayload(
  parts: HandlerParts,
  work: Work,
  longRun: LongRun,
  { composed }: { readonly composed: readonly string[] | null },
) {
  const { step, artifacts } = parts;
  if (!step.produces.payload) return null;
  if (composed) {
    const files = await longRun.storedFiles(composed);
    return artifacts.composePayload(step.produces, work.address, files, work);
  }
  return artifacts.storePayload(step.produces, work.address, outputPathOf(parts, work), work);
}

/** Storage joins so many objects at once; more are joined in rounds. */
const joinedAtOnce = 32;

/**
 * Whether joining the files is left to an attempt of its own: of hours it takes seconds, which an attempt that has made
 * the last of them may no longer have. The one that goes on from there makes none, so this happens once at most.
 */
function leavesJoining(
  { composed }: { readonly composed: readonly string[] | null },
  longRun: LongRun,
): boolean {
  return composed !== null && composed.length > joinedAtOnce && longRun.madeFiles();
}

/** The budget is nearly spent, the worker drains, or only the joining is left: whoever takes the continuation goes on from the checkpoint. */
async function handOn(parts: HandlerParts, work: Work, longRun: LongRun, spent: Spent): Promise<Ending> {
  const checkpoint = await longRun.saveCheckpoint(spent);
  // Other consumers of our input have heard of it.
  const wants = wantsOfBranch(parts, work.message.wants);
  await parts.announcer.artifactReady({ ...work.message, wants, checkpoint });
  parts.log.info({ track: work.message.trackId, address: work.address, checkpoint }, "handed on");
  return "handed-on";
}
