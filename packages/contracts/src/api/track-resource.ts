import { z } from "zod";
import { errorCodes } from "../errors.ts";
import { Address, Instant, Name, Sha256, TrackId } from "../ids.ts";
import type { Kind } from "../kind.ts";
import { Attempt } from "../record.ts";

export const TrackState = z
  .enum(["accepted", "processing", "done", "partial", "failed"])
  .describe(
    "accepted: safe, nothing done yet; processing: some steps are done; done: every wanted step succeeded; " +
      "partial: some targets were reached, others failed; failed: no target was reached",
  );

/** An error in words. */
export const ErrorReport = z
  .object({ code: z.enum(errorCodes), message: z.string(), meaning: z.string(), remedy: z.string() })
  .meta({ id: "ErrorReport" });
export type ErrorReport = z.infer<typeof ErrorReport>;

/** How far a wanted step of a track is. */
export const StepReport = z
  .object({
    step: Name,
    status: z.enum(["waiting", "succeeded", "failed", "blocked"]),
    /** `skipped`: the result was there already. Null until the step has come to an end. */
    how: z.enum(["computed", "skipped"]).nullable(),
    version: z.int().nullable(),
    kind: Name.nullable(),
    address: Address.nullable(),
    error: ErrorReport.nullable(),
    blockedBy: z.array(Name).describe("the failed steps that a blocked step needs"),
    attempt: Attempt.nullable(),
  })
  .meta({ id: "StepReport" });
export type StepReport = z.infer<typeof StepReport>;

/** The file of an artifact that has one and is kept. */
export const AssetLink = z
  .object({ url: z.string(), contentType: z.string(), sizeBytes: z.int() })
  .meta({ id: "AssetLink" });

/** An artifact of a track: its facts, as its kind has them, and its file if there is one to fetch. */
export const TrackResult = z.object({
  address: Address,
  facts: z.unknown(),
  asset: AssetLink.nullable(),
});
export type TrackResult = z.infer<typeof TrackResult>;

const summaryFields = {
  id: TrackId,
  url: z.string(),
  state: TrackState,
  summary: z.string().describe("the state in words"),
  title: z.string().nullable(),
  fileName: z.string().nullable(),
  acceptedAt: Instant,
  finishedAt: Instant.nullable(),
  latencyMs: z.number().nullable().describe("from acceptance to the last step's end"),
};

/** A track in a list: enough to show progress. */
export const TrackSummary = z
  .object({
    ...summaryFields,
    steps: z.array(
      z.object({
        step: Name,
        status: StepReport.shape.status,
        code: z.enum(errorCodes).nullable(),
      }),
    ),
  })
  .meta({ id: "TrackSummary" });
export type TrackSummary = z.infer<typeof TrackSummary>;

export const TrackList = z
  .object({
    tracks: z.array(TrackSummary),
    nextCursor: z.string().nullable().describe("for the next, older page; null on the last one"),
  })
  .meta({ id: "TrackList" });
export type TrackList = z.infer<typeof TrackList>;

/** A track with everything that is known of it. */
export const TrackResource = z.object({
  ...summaryFields,
  source: z.string(),
  master: Sha256,
  sizeBytes: z.int(),
  targets: z.array(Name),
  steps: z.array(StepReport),
  results: z.record(Name, TrackResult).describe("by kind"),
  degraded: z
    .string()
    .optional()
    .describe("present when the catalog could not be asked: the state is then at least this far"),
});
export type TrackResource = z.infer<typeof TrackResource>;

/** The schema of a track whose results are typed by the kinds of a chain; what those don't list is allowed too. */
export function trackResourceSchema(kinds: readonly Kind[]) {
  const results = Object.fromEntries(
    kinds.map((kind) => [kind.name, TrackResult.extend({ facts: kind.facts }).optional()]),
  );
  return TrackResource.extend({ results: z.looseObject(results) }).meta({ id: "Track" });
}

/** The answer to a track that was accepted. */
export const TrackReceipt = z
  .object({ id: TrackId, url: z.string(), state: TrackState })
  .meta({ id: "TrackReceipt" });
export type TrackReceipt = z.infer<typeof TrackReceipt>;
