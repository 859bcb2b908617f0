import { z } from "zod";
import { BackfillId, BackfillSelection } from "../backfill-messages.ts";
import { Instant, Name, TrackId } from "../ids.ts";
import { openEnum } from "../open-enum.ts";

/** Tracks that a backfill may have under way at once, unless the request says otherwise. */
export const defaultInFlight = 32;

/** What `POST /v1/backfills` takes. */
export const BackfillRequest = z
  .strictObject({
    targets: z
      .array(Name)
      .min(1)
      .max(50)
      .optional()
      .describe("what every track is to have; when left out, the default ones (see `/v1/kinds`)"),
    force: z
      .array(Name)
      .max(50)
      .default([])
      .describe("steps to compute although their results are there; replaces what is there"),
    trackId: TrackId.optional().describe("one track only"),
    acceptedSince: Instant.optional().describe("only tracks accepted since"),
    state: BackfillSelection.shape.state.unwrap().optional().describe("only tracks in this state"),
    inFlight: z
      .int()
      .min(1)
      .max(100_000)
      .default(defaultInFlight)
      .describe("tracks that may be under way at once"),
  })
  .meta({ id: "BackfillRequest", examples: [{}, { targets: ["tempo"], force: ["tempo"], inFlight: 8 }] });
export type BackfillRequest = z.input<typeof BackfillRequest>;

export const BackfillState = openEnum(["running", "paused", "cancelled", "done"]).describe(
  "paused, cancelled: what is under way still comes to its end",
);

export const BackfillResource = z
  .object({
    id: BackfillId,
    url: z.string().describe("of the backfill"),
    state: BackfillState,
    targets: z.array(Name).describe("what every track is to have"),
    force: z.array(Name).describe("steps that compute although their results are there"),
    selection: BackfillSelection.extend({
      state: z.string().nullable().describe("those in this state; null for all"),
    }).describe("which tracks"),
    inFlight: z.int().describe("tracks that may be under way at once"),
    requestedAt: Instant,
    finishedAt: Instant.nullable().describe("null until it is over"),
    tracks: z
      .object({
        total: z.int().nullable().describe("null until they are counted"),
        complete: z.int().describe("nothing was to be done for them"),
        succeeded: z.int().describe("have what was asked for now"),
        failed: z.int().describe("a step has failed for them"),
        underWay: z.int().describe("not at their end yet"),
      })
      .describe("how many there are, and how far they are"),
    etaSec: z.number().nullable().describe("at the pace so far; null while that is not known"),
    waitingFor: z.record(Name, z.int()).describe("steps that tracks under way wait for, and how many do"),
    failures: z
      .array(
        z.object({
          step: Name,
          code: z.string().describe("what it failed with"),
          tracks: z.int().describe("how many"),
          example: TrackId.describe("one of them"),
        }),
      )
      .describe("by step and code, the most frequent first"),
  })
  .meta({ id: "BackfillResource" });
export type BackfillResource = z.infer<typeof BackfillResource>;

export const BackfillList = z
  .object({ backfills: z.array(BackfillResource).describe("the latest hundred, the newest first") })
  .meta({ id: "BackfillList" });
export type BackfillList = z.infer<typeof BackfillList>;

/** The answer to a request for a backfill, or to steer one. */
export const BackfillReceipt = z
  .object({
    id: BackfillId,
    url: z.string().describe("of the backfill, which appears there within seconds"),
  })
  .meta({ id: "BackfillReceipt" });
export type BackfillReceipt = z.infer<typeof BackfillReceipt>;
