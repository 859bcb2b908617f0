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
      .describe("what every track is to have; all when left out"),
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
  .meta({ id: "BackfillRequest" });
export type BackfillRequest = z.input<typeof BackfillRequest>;

export const BackfillState = openEnum(["running", "paused", "cancelled", "done"]).describe(
  "paused, cancelled: what is under way still comes to its end",
);

export const BackfillResource = z
  .object({
    id: BackfillId,
    url: z.string(),
    state: BackfillState,
    targets: z.array(Name),
    force: z.array(Name),
    selection: BackfillSelection.extend({ state: z.string().nullable() }),
    inFlight: z.int(),
    requestedAt: Instant,
    finishedAt: Instant.nullable(),
    tracks: z.object({
      total: z.int().nullable().describe("null until they are counted"),
      complete: z.int().describe("nothing was to be done for them"),
      succeeded: z.int(),
      failed: z.int(),
      underWay: z.int(),
    }),
    etaSec: z.number().nullable().describe("at the pace so far; null while that is not known"),
    waitingFor: z.record(Name, z.int()).describe("steps that tracks under way wait for, and how many do"),
    failures: z.array(z.object({ step: Name, code: z.string(), tracks: z.int(), example: TrackId })),
  })
  .meta({ id: "BackfillResource" });
export type BackfillResource = z.infer<typeof BackfillResource>;

export const BackfillList = z.object({ backfills: z.array(BackfillResource) }).meta({ id: "BackfillList" });
export type BackfillList = z.infer<typeof BackfillList>;

/** The answer to a request for a backfill, or to steer one. */
export const BackfillReceipt = z.object({ id: BackfillId, url: z.string() }).meta({ id: "BackfillReceipt" });
export type BackfillReceipt = z.infer<typeof BackfillReceipt>;
