import { z } from "zod";
import { Failure } from "../failure.ts";
import { Address, Instant, Name, RequestId } from "../ids.ts";
import { openEnum } from "../open-enum.ts";
import { Attempt } from "../record.ts";
import { RequestReport } from "./request-report.ts";

/** One time that a worker came to an end with a step of a track. */
export const AttemptReport = z
  .object({
    requestId: RequestId.nullable()
      .default(null)
      .describe("the request that it was made for; null where that is not known"),
    step: Name,
    version: z.int().describe("of the step"),
    kind: Name.describe("of what it makes; of a step with several outputs the step's name"),
    address: Address,
    outputs: z
      .record(Name, Address)
      .nullable()
      .default(null)
      .describe(
        "of a step with several outputs, kind to address of each; null for one that makes one artifact",
      ),
    inputs: z
      .record(z.string(), Address)
      .nullable()
      .describe("input name to address; null where the record is gone, or the attempt left none"),
    model: z
      .object({
        name: z.string().describe("of the model"),
        version: z.string().describe("of the model"),
        digest: z.string().describe("SHA-256 of the model's file"),
      })
      .nullable()
      .describe(
        "that took part; null for none, and for attempts of a version that the fleet does not run now",
      ),
    status: openEnum(["succeeded", "failed"]).describe("how it ended; others may come"),
    how: openEnum(["computed", "skipped"])
      .nullable()
      .describe("skipped: the result was there already; null: the queue itself gave up on it"),
    error: Failure.nullable().describe("null unless it has failed"),
    attempt: Attempt.describe("how it went"),
  })
  .meta({ id: "AttemptReport" });
export type AttemptReport = z.infer<typeof AttemptReport>;

/** A message of a track that was set aside for good, with every failed attempt that is known. */
export const DeadLetterReport = z
  .object({
    step: Name.nullable().describe("null where it could not be told"),
    code: z.string().describe("why it was set aside"),
    message: z.string().describe("what was expected and what came"),
    story: z
      .array(
        z.object({
          at: Instant,
          worker: z.string().describe("host and process that ran it"),
          error: Failure.describe("what the attempt ended with"),
        }),
      )
      .describe("every failed attempt that is known, oldest first"),
    at: Instant,
  })
  .meta({ id: "DeadLetterReport" });
export type DeadLetterReport = z.infer<typeof DeadLetterReport>;

/** What was done for a track beside the chain's own work. */
export const TrackEvent = z
  .object({
    at: Instant,
    kind: openEnum(["found-in-storage", "announced-again", "stuck"]).describe(
      "found-in-storage: it had not been heard of; announced-again: nobody was at work on it; stuck: nothing more is tried",
    ),
    detail: z.string().describe("what was done, in words"),
  })
  .meta({ id: "TrackEvent" });
export type TrackEvent = z.infer<typeof TrackEvent>;

/** Work of a track that was put off: it is tried again, and counts as no failure. */
export const PutOffReport = z
  .object({
    step: Name,
    until: Instant.describe("when it is tried again, at the earliest"),
    times: z.int().positive().describe("how often in a row it was put off"),
    reason: z.string().describe("of the last time: a worker that was not fit, a source that was away"),
  })
  .meta({ id: "PutOffReport" });
export type PutOffReport = z.infer<typeof PutOffReport>;

/** The audit trail of a track, oldest first. */
export const TrackHistory = z
  .object({
    id: z.string().describe("of the track"),
    attempts: z.array(AttemptReport).describe("of every step, computed or skipped, oldest first"),
    requests: z.array(RequestReport).default([]).describe("all that was asked of it, oldest first"),
    events: z.array(TrackEvent).describe("what was done beside the chain's own work, oldest first"),
    deadLetters: z.array(DeadLetterReport).describe("messages that were set aside, oldest first"),
    putOff: z
      .array(PutOffReport)
      .default([])
      .describe("steps that it waits for at this moment, since they are not tried before some time"),
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
  .meta({ id: "ReplayRequest", examples: [{}, { force: "failed" }, { force: ["tempo"] }] });
export type ReplayRequest = z.infer<typeof ReplayRequest>;

/** What a replay was begun with. */
export const ReplayReceipt = z
  .object({
    id: z.string().describe("of the track"),
    url: z.string().describe("of the track"),
    requestId: RequestId.describe("of the replay, as the track names it among its requests"),
    wants: z.array(Name).describe("the steps that it goes through"),
    force: z.array(Name).describe("those that compute although their result is there"),
  })
  .meta({ id: "ReplayReceipt" });
export type ReplayReceipt = z.infer<typeof ReplayReceipt>;
