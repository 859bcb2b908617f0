import { z } from "zod";
import { boundedArray } from "./bounded-array.ts";
import { Failure } from "./failure.ts";
import { Address, Instant, Name, Sha256, TrackId } from "./ids.ts";
import { openEnum } from "./open-enum.ts";
import { ArtifactRecord, Attempt } from "./record.ts";

/** Steps that a message may name: far more than a chain has. */
const maxSteps = 1_000;
/** Attempts that a story may tell of. */
const maxAttempts = 10_000;

/**
 * Messages are facts in the past tense. Each travels as JSON in a Pub/Sub message's data; the attributes repeat
 * what subscription filters need (see `filterAttributes`).
 */

/** An artifact exists at its address. Published on the topic of its kind. */
export const ArtifactReady = z.object({
  v: z.literal(1),
  type: z.literal("ArtifactReady"),
  trackId: TrackId,
  /** The master that everything of this track derives from. */
  master: Sha256,
  record: ArtifactRecord,
  /** The steps needed to reach the request's targets. */
  wants: boundedArray(Name, maxSteps),
  /**
   * Set when an expired payload is asked for again: the steps that must make their payload anew although their record
   * is there, and how often this request has gone up the chain, so that it cannot go round for ever.
   */
  rebuild: z.object({ steps: boundedArray(Name, maxSteps), hops: z.int().positive() }).optional(),
  /** Steps that compute although their record is there, failures included; what they make replaces it. */
  force: boundedArray(Name, maxSteps).optional(),
  /** Names the request that forces: what it has made once is not made again, however often it is announced. */
  forceId: z.string().optional(),
  /**
   * Of wanted steps, the version that was asked for: a worker with a lower one hands the message back, for a younger one to
   * take. A step that is not named here may be done by whatever version gets it.
   */
  versions: z.record(Name, z.int().positive()).optional(),
  /** Set on what a backfill asks for, and on all that follows from it: it waits for what is live. Whatever else is said here waits likewise. */
  priority: openEnum(["backfill"]).optional(),
  /** Set on a ping, whose id stands in for a track's: steps compute nothing, answer, and send it on. */
  ping: z.boolean().optional(),
  /** How often the queue has given up on it, after many deliveries none of which failed by itself, and it was sent again. */
  returned: z.int().positive().optional(),
  /** Set on a continuation: the number of the checkpoint from which the one step that is wanted first goes on. */
  checkpoint: z.int().positive().optional(),
  /** Set on a share of a run that is shared out: the step that it is for, and its pieces, `to` excluded. */
  pieces: z.object({ step: Name, from: z.int().nonnegative(), to: z.int().positive() }).optional(),
});
export type ArtifactReady = z.infer<typeof ArtifactReady>;

/** A step has come to an end for a track: one per wanted step. Published on the `outcomes` topic. */
export const StepOutcome = z.object({
  v: z.literal(1),
  type: z.literal("StepOutcome"),
  trackId: TrackId,
  master: Sha256,
  step: Name,
  version: z.int().positive(),
  kind: Name,
  address: Address,
  /** `computed` now, or `skipped` because the result was there already. */
  how: openEnum(["computed", "skipped"]),
  outcome: ArtifactRecord.shape.outcome,
  /** Of this delivery; for a skipped step it is the look-up. */
  attempt: Attempt,
  at: Instant,
});
export type StepOutcome = z.infer<typeof StepOutcome>;

/** A step's worker has had a ping. Published on the `outcomes` topic. */
export const PingAnswered = z.object({
  v: z.literal(1),
  type: z.literal("PingAnswered"),
  pingId: TrackId,
  step: Name,
  version: z.int().positive(),
  worker: z.string(),
  at: Instant,
});
export type PingAnswered = z.infer<typeof PingAnswered>;

/** A client's master and request are safe in storage. Published on the `tracks` topic, and kept as an object. */
export const TrackAccepted = z.object({
  v: z.literal(1),
  type: z.literal("TrackAccepted"),
  trackId: TrackId,
  master: Sha256,
  sizeBytes: z.int().nonnegative(),
  /** As the client named it; a hint for people only. */
  fileName: z.string().nullable(),
  title: z.string().nullable(),
  /** Where it came from: `upload`, or the URL. */
  source: z.string(),
  targets: boundedArray(Name, maxSteps),
  wants: boundedArray(Name, maxSteps),
  /** The steps that were asked for at first, where more have been since; a track has ended for the first time when these have. */
  askedAtFirst: boundedArray(Name, maxSteps).optional(),
  acceptedAt: Instant,
  /** The client's own job reference, for tracks that came through `POST /v1/jobs`. */
  job: z
    .object({
      requestId: z.string(),
      releaseId: z.string(),
      assetId: z.string(),
      assetGuid: z.string(),
      derivativeAssets: z.array(z.string()),
    })
    .nullable(),
});
export type TrackAccepted = z.infer<typeof TrackAccepted>;

/**
 * Somebody sent a track through the chain again. Published on the `tracks` topic, and kept as an object: until an attempt of each
 * step that has something to do has ended, the step is being recomputed.
 */
export const ReplayRequested = z.object({
  v: z.literal(1),
  type: z.literal("ReplayRequested"),
  trackId: TrackId,
  /** Steps that compute although their results are there. */
  force: boundedArray(Name, maxSteps),
  /** The highest version of each wanted step that the fleet knew then: an older result is likely to be replaced. */
  versions: z.record(Name, z.int().positive()),
  requestedAt: Instant,
});
export type ReplayRequested = z.infer<typeof ReplayRequested>;

/** A failed attempt of a message. */
export const StoryEntry = z.object({ at: Instant, worker: z.string(), error: Failure });
export type StoryEntry = z.infer<typeof StoryEntry>;

/** A message was set aside for good. Published on the `dead-letter` topic with all that is known. */
export const DeadLettered = z.object({
  v: z.literal(1),
  type: z.literal("DeadLettered"),
  /** Null where the message could not be parsed. */
  trackId: TrackId.nullable(),
  step: Name,
  subscription: z.string(),
  messageId: z.string(),
  error: Failure,
  /** Every failed attempt that is known, oldest first. */
  story: boundedArray(StoryEntry, maxAttempts),
  /** The message as it came: base64 of its data, and its attributes. */
  data: z.string(),
  /** Of a message that is too large to be held whole: `data` is its beginning. */
  cut: z.object({ sizeBytes: z.int().positive(), sha256: Sha256 }).optional(),
  attributes: z.record(z.string(), z.string()),
  at: Instant,
});
export type DeadLettered = z.infer<typeof DeadLettered>;

/** The attribute that says that a message wants a step: subscription filters test for its presence. */
export function wantAttribute(step: string): string {
  return `want.${step}`;
}

/** How urgent a message is: what a backfill asks for has subscriptions of its own, pulled while nothing live waits. */
export type Priority = "live" | "backfill";

export function priorityOf({ priority }: Pick<ArtifactReady, "priority">): Priority {
  return priority === undefined ? "live" : "backfill";
}

/** The attribute that messages of a backfill have, and no others. */
export const backfillAttribute = "backfill";

/**
 * Attribute of every announcement: names the story of its attempts, by step. It stays when the queue has given up on the message and it is
 * sent again, while ids of messages do not. One that is announced anew, by a replay say, has a story of its own.
 */
export const storyAttribute = "story";

/** What filters need to know of a message. */
export function filterAttributes({
  wants,
  priority,
}: Pick<ArtifactReady, "wants" | "priority">): Record<string, string> {
  return {
    ...Object.fromEntries(wants.map((step) => [wantAttribute(step), "1"])),
    ...(priority === undefined ? {} : { [backfillAttribute]: "1" }),
  };
}
