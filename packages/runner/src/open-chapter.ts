import type { HoldKey, Story, StoryKey } from "@segue/artifacts";
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
  let lane: Disposable | undefined;
  /** Whoever is refused adds nothing to the story: the next would have to read it, and so on as long as it goes on. */
  const judge = (story: Story) => {
    if (hasCrashedTooOften(story, maxFailures)) throw crashedTooOften(story);
    if (needsQuarantine(story)) lane ??= enterQuarantine(parts);
  };
  const chapter = { worker, at: parts.now().toISOString() };
  const begun = await stories.begin(storyOf(parts, delivery), chapter, judge).catch((error) => {
    lane?.[Symbol.dispose]();
    throw error;
  });
  const { story, end } = begun;
  const close = () =>
    end().catch((error) => log.warn({ error, messageId: delivery.id }, "a story has a gap"));
  if (!lane) return { quarantined: false, [Symbol.asyncDispose]: close };
  const held = lane;
  let takeBack = async () => {};
  /** Not by losing this worker: nobody waits for it on that account. */
  const leave = async () => {
    held[Symbol.dispose]();
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

/**
 * Sees to it that one that needs this worker's quarantine does not fetch its inputs for nothing, while another attempt has that.
 *
 * @throws {StepError} `aborted`.
 */
export async function checkQuarantine(parts: HandlerParts, delivery: Delivery): Promise<void> {
  const lane = parts.quarantine.enter();
  if (lane) return lane[Symbol.dispose]();
  const story = await parts.stories.read(storyOf(parts, delivery));
  // One that is to be given up needs none.
  if (needsQuarantine(story) && !hasCrashedTooOften(story, parts.maxFailures)) throw quarantineTaken();
}

function storyOf({ step }: HandlerParts, delivery: Delivery): StoryKey {
  return { ...delivery, step: step.name };
}

function enterQuarantine({ quarantine }: HandlerParts): Disposable {
  const lane = quarantine.enter();
  if (!lane) throw quarantineTaken();
  return lane;
}

function quarantineTaken(): StepError {
  return new StepError("aborted", "another attempt is in this worker's quarantine");
}

function crashedTooOften({ crashes }: Story): StepError {
  return new StepError("worker-crashed", `${crashes} attempts began and never ended`);
}

/** @returns makes it as it was before. */
async function putOffBeforehand(
  { holds, worker, now }: HandlerParts,
  work: HoldKey,
  story: Story,
): Promise<() => Promise<void>> {
  const before = await holds.find(work, now());
  await holds.note(work, { error: crashedTooOften(story), worker, isSuspect: false, now: now() });
  return () => (before ? holds.restore(work, before) : holds.discard(work));
}
