import { z } from "zod";
import { ClientMetadata } from "./api/client-metadata.ts";
import { boundedArray } from "./bounded-array.ts";
import { Failure } from "./failure.ts";
import { Address, Instant, Name, RequestId, Sha256, TrackId } from "./ids.ts";
import { openEnum } from "./open-enum.ts";
import { ArtifactRecord, Attempt } from "./record.ts";
import { type MasteredRequest, Request, RequestBlock } from "./request.ts";
import type { Task } from "./task.ts";

/** Attempts that a story may tell of. */
const maxAttempts = 10_000;

/**
 * Facts, in the past tense. Each travels as JSON in a Pub/Sub message's data; the attributes repeat what subscription
 * filters need (see `factAttributes`, `taskAttributes`). Commands are tasks.
 */

/** An artifact exists at its address, made for a request. Published on the topic of its kind, for whoever listens there. */
export const ArtifactReady = z.object({
  v: z.literal(2),
  type: z.literal("ArtifactReady"),
  record: ArtifactRecord,
  request: RequestBlock,
});
export type ArtifactReady = z.infer<typeof ArtifactReady>;

/** A step has come to an end for a track: one per wanted step. Published on the `outcomes` topic. */
export const StepOutcome = z.object({
  /** 2: of a fetch that has failed, whose track has no master. */
  v: z.literal([1, 2]),
  type: z.literal("StepOutcome"),
  /** The request that this was for; null where nobody knows any more. */
  requestId: RequestId.nullable().default(null),
  trackId: TrackId,
  master: Sha256.nullable(),
  step: Name,
  version: z.int().positive(),
  kind: Name,
  address: Address,
  /** Of a step with several outputs, kind to address of each; `kind` and `address` are those of the record of all of them. */
  outputs: z.record(Name, Address).optional(),
  /** `computed` now, or `skipped` because the result was there already. */
  how: openEnum(["computed", "skipped"]),
  outcome: ArtifactRecord.shape.outcome,
  /**
   * When what is told of was made, as its record has it, in which each attempt ends after those that it follows. Of two that tell of one address the
   * later one holds, whoever looked later: a look-up may have found what has been replaced since.
   */
  madeAt: Instant.optional(),
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

/** The source of a track that came with its bytes. */
export const uploadedSource = "upload";

/**
 * A client's request is safe in storage, and its master, or the name of its source. Published on the `tracks` topic, and kept as an object,
 * which is the request's too.
 */
export const TrackAccepted = z.object({
  /** 2: its master has still to be fetched. */
  v: z.literal([1, 2]),
  type: z.literal("TrackAccepted"),
  trackId: TrackId,
  master: Sha256.nullable(),
  sizeBytes: z.int().nonnegative().nullable(),
  /** As the client named it; a hint for people only. */
  fileName: z.string().nullable(),
  title: z.string().nullable(),
  /** What the client says of it for itself; left out: nothing. */
  metadata: ClientMetadata.optional(),
  /** Where it came from: `uploadedSource`, or the URL. */
  source: z.string(),
  /** What was asked of it at first. It has the track's id; what others have asked since are requests of their own. */
  request: Request,
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

/** One that came with its bytes. */
export type TrackWithMaster = TrackAccepted & {
  readonly master: string;
  readonly sizeBytes: number;
  readonly request: MasteredRequest;
};

/** A failed attempt of a message. */
export const StoryEntry = z.object({ at: Instant, worker: z.string(), error: Failure });
export type StoryEntry = z.infer<typeof StoryEntry>;

/** A message was set aside for good. Published on the `dead-letter` topic with all that is known. */
export const DeadLettered = z.object({
  v: z.literal(1),
  type: z.literal("DeadLettered"),
  /** Null where the message could not be parsed. */
  trackId: TrackId.nullable(),
  /** Null where the message does not tell, and its subscription is for more than one step. */
  step: Name.nullable(),
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

export function priorityOf({ priority }: Pick<RequestBlock, "priority">): Priority {
  return priority === "live" ? "live" : "backfill";
}

/** The attribute that messages of a backfill have, and no others. */
export const backfillAttribute = "backfill";

/**
 * Attribute of every fact and task: names the story of its attempts, by step. It stays when the queue has given up on the message and it is
 * sent again, while ids of messages do not. One that is announced anew, by a replay say, has a story of its own.
 */
export const storyAttribute = "story";

/** Attribute of what was sent again: how often the queue has given up on it, after many deliveries none of which failed by itself. */
export const returnedAttribute = "returned";

/** Attribute of what has been tried before it was sent: with what it followed from, in one attempt, by a worker that could not end it. */
export const triedAttribute = "tried";

/** Attribute of what follows, in a service that does several steps in one attempt, from a message that another worker may have had: that may have done this step too. */
export const followsAttribute = "follows";

/** 0 for a message that was sent once. */
export function timesReturned(attributes: Readonly<Record<string, string>>): number {
  const times = Number(attributes[returnedAttribute] ?? 0);
  return Number.isInteger(times) && times > 0 ? times : 0;
}

type Addressed = Pick<RequestBlock, "trackId" | "priority">;

/** What everybody may filter messages of a request by. */
function requestAttributes(request: Addressed): Record<string, string> {
  return {
    track: request.trackId,
    ...(priorityOf(request) === "live" ? {} : { [backfillAttribute]: "1" }),
  };
}

/** What filters need to know of a fact. */
export function factAttributes({ request }: Pick<ArtifactReady, "request">): Record<string, string> {
  return {
    ...requestAttributes(request),
    ...Object.fromEntries(request.wants.map((step) => [wantAttribute(step), "1"])),
  };
}

/** What filters need to know of a task. */
export function taskAttributes({
  step,
  request,
}: Pick<Task, "step"> & { request: Addressed }): Record<string, string> {
  return { ...requestAttributes(request), step };
}
