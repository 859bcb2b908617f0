import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { claimantOf, runName } from "@segue/artifacts";
import type { Place } from "@segue/chain";
import {
  type ArtifactRecord,
  isForced,
  ownArtifactOf,
  type Priority,
  priorityOf,
  StepError,
} from "@segue/contracts";
import { comesAgain } from "@segue/queue";
import type { StepLog } from "@segue/step";
import { compute } from "./compute.ts";
import type { Errand } from "./errand.ts";
import { gatherInputs, type Lack } from "./gather-inputs.ts";
import type { Ending, HandlerParts } from "./handler-parts.ts";
import { type Chapter, checkQuarantine, openChapter } from "./open-chapter.ts";
import { checkHold } from "./put-off.ts";

/**
 * How long a delivery of a backfill is held while live ones keep coming, in ms. Held messages that go back have used one
 * of Pub/Sub's delivery attempts: held so long, and not pulled at all after that, they don't use them up.
 */
export const backfillPatienceMs = 300_000;

/** A wait for a core after which a lease may be over, and somebody else have the message: far less than any lease, and than a result takes. */
const longWaitMs = 2_000;

/**
 * Makes what is not there, or finds what is lacking for it. `overtaken`: it waited for a core, and somebody was faster meanwhile.
 * @param existing the record that is there all the same.
 */
export async function attempt(
  parts: HandlerParts,
  errand: Errand,
  { address, inputs }: Place,
  existing: ArtifactRecord | undefined,
): Promise<Ending | Lack | "overtaken"> {
  const { delivery, request } = errand;
  const work = { address, pieces: errand.pieces };
  if (comesAgain(delivery)) await checkHold(parts, work);
  // The wait for a core is no part of the attempt.
  const askedAt = parts.now();
  const slot = await acquireSlot(parts, priorityOf(request));
  const startedAt = parts.now();
  let dir: AttemptDir | undefined;
  try {
    const waitedLong = startedAt.getTime() - askedAt.getTime() >= longWaitMs;
    if (waitedLong && (await isMadeSince(parts, address, existing))) return "overtaken";
    dir = await makeAttemptDir(parts.scratchDir, parts.log);
    if (errand.rebuilds) await claimRebuild(parts, errand, address);
    if (comesAgain(delivery)) await checkQuarantine(parts, delivery);
    const gathered = await gatherInputs(parts, errand, inputs, dir.path);
    if (gathered.status !== "ready") return gathered;
    const chapter = comesAgain(delivery) ? await openChapter(parts, delivery, work) : firstChapter;
    const { quarantined } = chapter;
    const forced = isForced(parts.step, request);
    const run = runName(address, forced ? request.requestId : null);
    const replace = existing !== undefined || forced;
    const found = { gathered, existing, replace };
    const computing = { errand, address, run, inputs, ...found, dir: dir.path, quarantined, startedAt };
    // No `await using`: Node 22 can't parse it.
    return await compute(parts, computing).finally(() => chapter[Symbol.asyncDispose]());
  } finally {
    slot[Symbol.dispose]();
    await dir?.[Symbol.asyncDispose]();
    // All that an attempt keeps a core for: inputs, the step, its output, announcements, clean-up.
    const heldMs = parts.now().getTime() - startedAt.getTime();
    parts.log.debug({ track: request.trackId, messageId: delivery.id, heldMs }, "attempt ended");
  }
}

/** With its core held, so that who looks again does not stand in line again. */
async function isMadeSince(
  { artifacts, step }: HandlerParts,
  address: string,
  existing: ArtifactRecord | undefined,
): Promise<boolean> {
  const record = await artifacts.readRecord(ownArtifactOf(step), address);
  const isSame =
    record?.attempt?.startedAt === existing?.attempt?.startedAt && record?.requestId === existing?.requestId;
  return !isSame;
}

/** A first delivery has no story, and costs none. */
const firstChapter: Chapter = { quarantined: false, async [Symbol.asyncDispose]() {} };

/** A directory of one attempt's own. */
interface AttemptDir extends AsyncDisposable {
  readonly path: string;
}

/** @throws {StepError} `worker-unfit`: whatever keeps a worker from its own scratch directory says nothing of a track. */
async function makeAttemptDir(scratchDir: string, log: StepLog): Promise<AttemptDir> {
  try {
    const path = await mkdtemp(join(scratchDir, "attempt-"));
    return {
      path,
      async [Symbol.asyncDispose]() {
        // What the attempt came to holds all the same.
        await rm(path, { recursive: true, force: true }).catch((error) =>
          log.warn({ error, path }, "an attempt's directory could not be removed"),
        );
      },
    };
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new StepError("worker-unfit", `no directory for an attempt: ${what}`, { cause });
  }
}

/** @throws {StepError} `aborted` when another request has the same payload made again. */
async function claimRebuild(
  { rebuildClaims, now }: HandlerParts,
  { request, waiting, share }: Errand,
  address: string,
): Promise<void> {
  if (await rebuildClaims.take(address, claimantOf(request, waiting, share), now())) return;
  throw new StepError("aborted", "another request has this payload made again");
}

async function acquireSlot(parts: HandlerParts, priority: Priority): Promise<Disposable> {
  const signal =
    priority === "live"
      ? parts.draining
      : AbortSignal.any([parts.draining, AbortSignal.timeout(backfillPatienceMs)]);
  try {
    return await parts.slots.acquire(signal, priority);
  } catch (error) {
    throw new StepError("aborted", "the worker drains, or its machine hands out no more CPU", {
      cause: error,
    });
  }
}
