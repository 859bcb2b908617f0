import { z } from "zod";
import { Instant, Name, TrackId } from "../ids.ts";

/** What `POST /v1/pings` takes. */
export const PingRequest = z
  .strictObject({
    targets: z
      .array(Name)
      .min(1)
      .max(50)
      .optional()
      .describe("only the steps that these need; when left out, the default ones (see `/v1/kinds`)"),
    priority: z
      .enum(["live", "backfill"])
      .default("live")
      .describe("the way that it takes: that of live tracks, or of backfills"),
  })
  .meta({ id: "PingRequest", examples: [{}, { targets: ["tempo"], priority: "backfill" }] });
export type PingRequest = z.input<typeof PingRequest>;

export const PingReceipt = z
  .object({
    id: TrackId,
    url: z.string().describe("where the answers are"),
    sentAt: Instant,
    wants: z.array(Name).describe("who is to answer"),
  })
  .meta({ id: "PingReceipt" });
export type PingReceipt = z.infer<typeof PingReceipt>;

/** Who has answered so far, in that order. */
export const PingAnswers = z
  .object({
    answers: z
      .array(
        z.object({
          step: Name,
          version: z.int().describe("that the worker runs"),
          worker: z.string().describe("host and process that answered"),
          at: Instant,
        }),
      )
      .describe("in the order in which they came"),
  })
  .meta({ id: "PingAnswers" });
export type PingAnswers = z.infer<typeof PingAnswers>;
