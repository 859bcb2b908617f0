import { z } from "zod";
import { Failure } from "../failure.ts";
import { Address, Instant, Name } from "../ids.ts";
import { openEnum } from "../open-enum.ts";
import { Attempt } from "../record.ts";

/** One time that a worker came to an end with a step of a track. */
export const AttemptReport = z
  .object({
    step: Name,
    version: z.int(),
    kind: Name,
    address: Address,
    /** Input name to address; null where the record is gone, or the attempt left none. */
    inputs: z.record(z.string(), Address).nullable(),
    model: z
      .object({ name: z.string(), version: z.string(), digest: z.string() })
      .nullable()
      .describe(
        "that took part; null for none, and for attempts of a version that the fleet does not run now",
      ),
    status: openEnum(["succeeded", "failed"]),
    how: openEnum(["computed", "skipped"])
      .nullable()
      .describe("skipped: the result was there already; null: the queue itself gave up on it"),
    error: Failure.nullable(),
    attempt: Attempt,
  })
  .meta({ id: "AttemptReport" });
export type AttemptReport = z.infer<typeof AttemptReport>;

/** A message of a track that was set aside for good, with every failed attempt that is known. */
export const DeadLetterReport = z
  .object({
    step: Name.nullable(),
    code: z.string(),
    message: z.string(),
    story: z.array(
      z.object({
        at: Instant,
        worker: z.string(),
        error: Failure,
      }),
    ),
    at: Instant,
  })
  .meta({ id: "DeadLetterReport" });
export type DeadLetterReport = z.infer<typeof DeadLetterReport>;

/** What was done for a track beside the chain's own work. */
export const TrackEvent = z
  .object({
    at: Instant,
    kind: openEnum(["found-in-storage", "announced-again", "stuck"]),
    detail: z.string(),
  })
  .meta({ id: "TrackEvent" });
export type TrackEvent = z.infer<typeof TrackEvent>;

/** The audit trail of a track, oldest first. */
export const TrackHistory = z
  .object({
    id: z.string(),
    attempts: z.array(AttemptReport),
    events: z.array(TrackEvent),
    deadLetters: z.array(DeadLetterReport),
  })
  .meta({ id: "TrackHistory" });
export type TrackHistory = z.infer<typeof TrackHistory>;

/** What `POST /v1/tracks/:id/replay` takes. */
export const ReplayRequest = z
  .strictObject({
    force: z
      .union([z.literal("failed"), z.array(Name).min(1).max(50)])
      .optional()
      .describe(
        "steps to compute although their result is there; `failed`: those that have failed for this track",
      ),
  })
  .meta({ id: "ReplayRequest" });
export type ReplayRequest = z.infer<typeof ReplayRequest>;

/** What a replay was begun with. */
export const ReplayReceipt = z
  .object({ id: z.string(), url: z.string(), wants: z.array(Name), force: z.array(Name) })
  .meta({ id: "ReplayReceipt" });
export type ReplayReceipt = z.infer<typeof ReplayReceipt>;
