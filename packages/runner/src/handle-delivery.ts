/**
 * One delivery, from message to ack: the state machine at the heart of every worker.
 *
 *   parse ------------- malformed ------------------> dead-letter, ack
 *     | of a younger release ------------------------> nack: its workers can read it
 *     | not wanted, or the other subscription's -----> ack
 *     | a ping -------------------------------------> answer it, send it on, ack
 *     | asked for in a later version than ours -------> nack: a younger worker has it
 *   look at our own address
 *     | failed before, and not forced --------------> announce the failure, ack
 *     | made before, nobody needs it rebuilt or forces it -> announce it, ack
 *   comes again
 *     | and is put off for some time yet -----------> nack
 *   asked to make an expired payload again
 *     | and another request has that made already --> nack: it will be there
 *   gather inputs
 *     | one has not been made yet ------------------> look where else it was seen; ack (its announcement will come)
 *     | one has expired ----------------------------> ask its producer to rebuild it, ack
 *   run within the budget, from the latest checkpoint if there is one
 *     | an attempt has crashed: in quarantine, beside the deliveries that follow
 *     | and the worker's quarantine is taken -------> nack
 *     | it falls into pieces, and some are not made -> announce them in shares, ack
 *     | a share of such pieces ----------------------> make them; announce what is left of it, or the joining, ack
 *     | long input, and the budget is nearly spent, or its many files are made and only have to be joined
 *     |                                            -> store a checkpoint, announce its continuation, ack
 *     | permanent error ----------------------------> record and announce the failure, ack
 *     | stopped (drain), or storage is away --------> nack
 *     | it starved --------------------------------> put its work off for minutes; nack
 *     | this worker's machine is at fault -----------> the same, and take nothing more until it is well
 *     | any other error ---------------------------> add to the story; nack, or dead-letter when it is long enough
 *   store payload, then record; announce; ack
 *
 * Every transition is safe to repeat and safe to die in: nothing is acked before its effects are stored, and all
 * writes are create-only at content addresses.
 */

import { fromStoreError, requestOf, unknownSpent } from "@segue/artifacts";
import {
  type ArtifactReady,
  type ArtifactRecord,
  Master,
  type Priority,
  priorityOf,
  StepError,
} from "@segue/contracts";
import type { Delivery } from "@segue/queue";
import { announce } from "./announce.ts";
import { answerPing } from "./answer-ping.ts";
import { backfillPatienceMs } from "./backfill-subscriber.ts";
import { wantsOfBranch } from "./branch-wants.ts";
import { compute } from "./compute.ts";
import { forcesAnew, madeByRequest, nameForcedRequest } from "./forced-request.ts";
import { gatherInputs } from "./gather-inputs.ts";
import { giveBack } from "./give-back.ts";
import { attemptFrom, type Ending, type HandlerParts, locate, parseMessage } from "./handler-parts.ts";
import { hasCrashedTooOften, needsQuarantine } from "./judge-story.ts";
import { type AttemptDir, makeAttemptDir } from "./make-attempt-dir.ts";
import { checkHold } from "./put-off.ts";
import { setAside } from "./set-aside.ts";
import { findSightings, noteSighting } from "./sightings.ts";

/** Up the chain and back: more than this means that payloads vanish as fast as they are made. */
const maxRebuildHops = 20;

/** Handles one delivery and acks or nacks it. Never throws. */
export async function handleDelivery(parts: HandlerParts, delivery: Delivery): Promise<Ending> {
  try {
    const parsed = parseMessage(delivery);
    if (parsed instanceof StepError) {
      const isOurs = parsed.family === "worker";
      return isOurs ? await giveBack(parts, delivery, parsed) : await setAside(parts, delivery, null, parsed);
    }
    // It counts for this message, and for none that follows from it.
    const { returned, ...message } = parsed;
    const comesAgain = delivery.deliveryAttempt > 1 || returned !== undefined;
    const asked = { delivery, message: nameForcedRequest(message, delivery.id), comesAgain };
    const ending = await process(parts, asked);
    delivery.ack();
    if (ending === "computed" || ending === "handed-on") parts.fitness.worked();
    return ending;
  } catch (thrown) {
    return await giveBack(parts, delivery, fromStoreError(thrown));
  }
}

/** A delivery that could be read. */
interface Asked {
  readonly delivery: Delivery;
  readonly message: ArtifactReady;
  /** Whether the message may have been attempted before. */
  readonly comesAgain: boolean;
}

async function process(parts: HandlerParts, asked: Asked): Promise<Ending> {
  const { step } = parts;
  const { message } = asked;
  if (!message.wants.includes(step.name) || priorityOf(message) !== parts.priority) return "not-wanted";
  // Of steps that are younger than the worker that shares its run out it can't tell who follows from it: all are told.
  if (message.pieces && message.pieces.step !== step.name) return "not-wanted";
  if (message.ping) return answerPing(parts, message);
  checkVersion(step, message);
  await noteSighting(parts, message);
  const ending = await makeAt(parts, asked, locate(parts, message));
  if (ending !== "not-yet") return ending;
  const seen = await findSightings(parts, message);
  return seen.size === 0 ? ending : await makeAt(parts, asked, locate(parts, message, seen));
}

/** Sees to it that there is a result at an address, and that it is announced. */
async function makeAt(
  parts: HandlerParts,
  asked: Asked,
  { inputs, address }: ReturnType<typeof locate>,
): Promise<Ending> {
  const { step, artifacts } = parts;
  const { delivery, message, comesAgain } = asked;
  const startedAt = parts.now();
  const existing = await artifacts.readRecord(step.produces, address);
  if (existing && !forcesAnew(step, message, existing) && (await isStillGood(parts, message, existing))) {
    const made = madeByRequest(step, message, existing);
    if (made) await announce(parts, message, made.record, "computed", made.attempt);
    else {
      const attempt = attemptFrom(parts, delivery, startedAt, unknownSpent);
      await announce(parts, message, existing, "skipped", attempt);
    }
    return (made?.record ?? existing).outcome.status === "failed" ? "failed-before" : "skipped";
  }
  if (comesAgain) await checkHold(parts, message);
  // The wait for a core is no part of the attempt.
  const slot = await acquireSlot(parts, priorityOf(message));
  const attemptStartedAt = parts.now();
  let dir: AttemptDir | undefined;
  try {
    dir = await makeAttemptDir(parts.scratchDir, parts.log);
    await claimRebuild(parts, message, address);
    const gathered = await gatherInputs(parts, inputs, message.record, dir.path);
    if (gathered.status !== "ready") {
      return gathered.status === "not-yet" ? "not-yet" : await requestRebuild(parts, message, gathered.kind);
    }
    const chapter = await openChapter(parts, asked);
    const { quarantined } = chapter;
    const work = {
      delivery,
      message,
      address,
      inputs,
      gathered,
      existing,
      dir: dir.path,
      quarantined,
      startedAt: attemptStartedAt,
    };
    // No `await using`: Node 22 can't parse it.
    const ending = await compute(parts, work).finally(() => chapter[Symbol.asyncDispose]());
    return typeof ending === "string" ? ending : await requestRebuild(parts, message, ending.expired);
  } finally {
    slot[Symbol.dispose]();
    await dir?.[Symbol.asyncDispose]();
    // All that an attempt keeps a core for: inputs, the step, its output, announcements, clean-up.
    const heldMs = parts.now().getTime() - attemptStartedAt.getTime();
    parts.log.debug({ track: message.trackId, messageId: delivery.id, heldMs }, "attempt ended");
  }
}

/** @throws {StepError} `worker-outdated` where a later version of the step was asked for than this worker has. */
function checkVersion(step: HandlerParts["step"], { versions }: ArtifactReady): void {
  const asked = versions?.[step.name] ?? 0;
  if (asked <= step.version) return;
  throw new StepError(
    "worker-outdated",
    `${step.name} ${asked} was asked for; this worker has ${step.version}`,
  );
}

/**
 * A message that comes again may have ended the worker that had it before: its story says that an attempt begins, and,
 * when the chapter is closed, that it has ended in whatever way but a crash. A first delivery costs nothing.
 *
 * @throws {StepError} `worker-crashed` when too many attempts have begun and never ended; `aborted` when it needs this
 * worker's quarantine, and another attempt has it: waiting for it would hold up the messages behind.
 */
async function openChapter(
  parts: HandlerParts,
  { delivery, comesAgain }: Asked,
): Promise<AsyncDisposable & { quarantined: boolean }> {
  if (!comesAgain) return { quarantined: false, async [Symbol.asyncDispose]() {} };
  const { stories, worker, maxFailures, log } = parts;
  const { story, end } = await stories.begin(delivery, { worker, at: parts.now().toISOString() });
  const close = () =>
    end().catch((error) => log.warn({ error, messageId: delivery.id }, "a story has a gap"));
  if (hasCrashedTooOften(story, maxFailures)) {
    await close();
    throw new StepError("worker-crashed", `${story.crashes} attempts began and never ended`);
  }
  if (!needsQuarantine(story)) return { quarantined: false, [Symbol.asyncDispose]: close };
  const lane = parts.quarantine.enter();
  if (!lane) {
    await close();
    throw new StepError("aborted", "another attempt is in this worker's quarantine");
  }
  try {
    delivery.stepAside();
  } catch (error) {
    lane[Symbol.dispose]();
    await close();
    throw error;
  }
  const { crashes, entries } = story;
  const fields = { step: parts.step.name, messageId: delivery.id, crashes, failures: entries.length };
  log.warn(fields, "earlier attempts ended badly: this one runs in quarantine");
  return {
    quarantined: true,
    async [Symbol.asyncDispose]() {
      lane[Symbol.dispose]();
      await close();
    },
  };
}

/** Whether an existing record spares us the work. An expired intermediate does, unless somebody asked for its payload. */
async function isStillGood(
  parts: HandlerParts,
  message: ArtifactReady,
  record: ArtifactRecord,
): Promise<boolean> {
  if (record.outcome.status === "failed" || !record.outcome.payload) return true;
  const mayBeGone = parts.step.produces.retention === "intermediate";
  if (mayBeGone && !message.rebuild?.steps.includes(parts.step.name)) return true;
  return await parts.artifacts.isIntact(record.outcome.payload);
}

/** @throws {StepError} `aborted` when another request has the same payload made again. */
async function claimRebuild(parts: HandlerParts, message: ArtifactReady, address: string): Promise<void> {
  if (!message.rebuild?.steps.includes(parts.step.name)) return;
  const request = requestOf(message, wantsOfBranch(parts, message.wants));
  if (await parts.rebuildClaims.take(address, request, parts.now())) return;
  throw new StepError("aborted", "another request has this payload made again");
}

/**
 * Asks the producer of an expired input to make it again, for this request and this step's branch only, by announcing
 * one of the producer's own inputs anew. If that has expired too, the producer will find out and do the same.
 */
async function requestRebuild(parts: HandlerParts, message: ArtifactReady, kind: string): Promise<Ending> {
  const { step, chain, artifacts } = parts;
  const producer = chain.producerOf(kind);
  const hops = (message.rebuild?.hops ?? 0) + 1;
  if (!producer || hops > maxRebuildHops) {
    const why = producer ? `after ${maxRebuildHops} rebuilds` : "and nothing can make it again";
    throw new StepError("step-failed", `${step.name}: the ${kind} of ${message.master} is gone ${why}`);
  }
  const [trigger] = chain.triggersOf(producer);
  const addresses = chain.addressesFor(message.master);
  const from = trigger && (await artifacts.readRecord(trigger, addresses.get(trigger.name) ?? ""));
  if (!from) {
    const what = trigger?.name ?? Master.name;
    throw new StepError(
      "step-failed",
      `${step.name}: to rebuild ${kind}, ${what} is needed, and it has no record`,
    );
  }
  const steps = [...new Set([producer.name, ...(message.rebuild?.steps ?? [])])];
  const wants = [...new Set([...steps, ...wantsOfBranch(parts, message.wants)])];
  const { pieces: _, ...request } = message;
  await parts.announcer.artifactReady({ ...request, record: from, wants, rebuild: { steps, hops } });
  parts.log.info(
    { track: message.trackId, kind, producer: producer.name, hops },
    "an input has expired: rebuilding",
  );
  return "rebuild-requested";
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
