import type { HoldKey, Story } from "@segue/artifacts";
import { StepError } from "@segue/contracts";
import type { Delivery } from "@segue/queue";
import type { HandlerParts } from "./handler-parts.ts";
import { hasCrashedOften, hasCrashedTooOften, needsQuarantine } from "./judge-story.ts";

/** An attempt's part of its message's story, open while it runs. */
export interface Chapter extends AsyncDisposable {
  readonly quarantined: boolean;
}

/**
 * A message that comes again may have ended the worker that had it before: its story says that an attempt begins, and,
 * when the chapter is closed, that it has ended in whatever way but a crash. One that has lost many workers is put off before
 * it is tried: should it lose this one, too, the next has it after a pause.
 *
 * @throws {StepError} `worker-crashed` when too many attempts have begun and never ended; `aborted` when it needs this
 * worker's quarantine, and another attempt has it: waiting for it would hold up the messages behind.
 */
export async function openChapter(parts: HandlerParts, delivery: Delivery, work: HoldKey): Promise<Chapter> {
  const { stories, worker, maxFailures, log } = parts;
  const key = { ...delivery, step: parts.step.name };
  const { story, end } = await stories.begin(key, { worker, at: parts.now().toISOString() });
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
  let takeBack = async () => {};
  /** Not by losing this worker: nobody waits for it on that account. */
  const leave = async () => {
    lane[Symbol.dispose]();
    await takeBack().catch((error) => log.warn({ error, messageId: delivery.id }, "a pause is left"));
    await close();
  };
  try {
    if (hasCrashedOften(story, maxFailures)) takeBack = await putOffBeforehand(parts, work, story);
    delivery.stepAside();
  } catch (error) {
    await leave();
    throw error;
  }
  const { crashes, entries } = story;
  const fields = { step: parts.step.name, messageId: delivery.id, crashes, failures: entries.length };
  log.warn(fields, "earlier attempts ended badly: this one runs in quarantine");
  return { quarantined: true, [Symbol.asyncDispose]: leave };
}

/** @returns makes it as it was before. */
async function putOffBeforehand(
  { holds, worker, now }: HandlerParts,
  work: HoldKey,
  { crashes }: Story,
): Promise<() => Promise<void>> {
  const before = await holds.find(work, now());
  const error = new StepError("worker-crashed", `${crashes} attempts began and never ended`);
  await holds.note(work, { error, worker, isSuspect: false, now: now() });
  return () => (before ? holds.restore(work, before) : holds.discard(work));
}
