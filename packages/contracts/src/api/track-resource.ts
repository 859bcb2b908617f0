import { z } from "zod";
import { errorFamilies } from "../errors.ts";
import { UnderlyingError } from "../failure.ts";
import { Address, Instant, Name, Sha256, TrackId } from "../ids.ts";
import { openEnum } from "../open-enum.ts";
import { Attempt } from "../record.ts";
import { ClientMetadata } from "./client-metadata.ts";
import { StandingCorrection } from "./corrections.ts";
import { RequestReport } from "./request-report.ts";

export const TrackState = z
  .enum(["accepted", "processing", "done", "partial", "failed"])
  .describe(
    "accepted: safe, nothing done yet, be it that its source has still to be fetched (then it wants the step `fetch`); processing: some steps are done; done: every wanted step succeeded; " +
      "partial: some targets were reached, others failed; failed: no target was reached. " +
      "What is being recomputed does not change it: what was there holds until then",
  );
/** As the API tells it: others may come. */
export const ReportedTrackState = openEnum(TrackState.options).describe(TrackState.description ?? "");

/** An error in words. */
export const ErrorReport = z
  .object({
    code: z.string().describe("of the catalogue at `/v1/errors`, or a step's own"),
    family: openEnum(errorFamilies).optional().describe("whether it was retried"),
    message: z.string().describe("what was expected and what came"),
    meaning: z.string().describe("what the code means"),
    remedy: z.string().describe("what can be done"),
    underlying: UnderlyingError.nullable()
      .default(null)
      .describe("of a step that was given up: the last error of all its attempts"),
    attempts: z.int().nullable().default(null).describe("how many attempts failed before it was given up"),
  })
  .meta({ id: "ErrorReport" });
export type ErrorReport = z.infer<typeof ErrorReport>;

/** A step that has ended and was asked for again. What holds until then is beside it. */
export const Recomputing = z
  .object({
    since: Instant.describe("when it was asked for again"),
    version: z.int().nullable().describe("the least version that will do; null where any will"),
    reason: openEnum(["missing", "expired", "version", "forced"]).describe(
      "missing: it has not succeeded; expired: its intermediate is gone and needed; version: a newer one is there; " +
        "forced: although its result is there",
    ),
  })
  .meta({ id: "Recomputing" });
export type Recomputing = z.infer<typeof Recomputing>;

/** A later version, or a later attempt, of a step that has failed: the result from before holds. */
export const FailedUpgrade = z
  .object({
    version: z.int().describe("of the step that failed"),
    address: Address,
    error: ErrorReport,
    at: Instant,
  })
  .meta({ id: "FailedUpgrade" });
export type FailedUpgrade = z.infer<typeof FailedUpgrade>;

/** How far a wanted step of a track is. */
export const StepReport = z
  .object({
    step: Name,
    status: openEnum(["waiting", "succeeded", "failed", "blocked"]).describe(
      "waiting: has not come to an end; blocked: a step that it needs has failed. Others may come",
    ),
    how: openEnum(["computed", "skipped"])
      .nullable()
      .describe("skipped: the result was there already; null until the step has come to an end"),
    version: z.int().nullable().describe("of the step that made what holds; null until it has ended"),
    kind: Name.nullable().describe(
      "of the artifact that it makes; of a step with several outputs the step's name; null until it has ended",
    ),
    address: Address.nullable().describe("of what holds; null until it has ended"),
    outputs: z
      .record(Name, Address)
      .nullable()
      .default(null)
      .describe(
        "of a step with several outputs, kind to address of each; null for one that makes one artifact",
      ),
    error: ErrorReport.nullable().describe("null unless it has failed"),
    blockedBy: z.array(Name).describe("the failed steps that a blocked step needs"),
    attempt: Attempt.nullable().describe("the one that ended it; null until then"),
    recomputing: Recomputing.nullable()
      .default(null)
      .describe("null unless the step was asked for again, and no attempt has ended since"),
    failedUpgrade: FailedUpgrade.nullable()
      .default(null)
      .describe("null unless a later version or attempt has failed; status and results are those that hold"),
  })
  .meta({ id: "StepReport" });
export type StepReport = z.infer<typeof StepReport>;

/** The file of an artifact that has one and is kept. */
export const AssetLink = z
  .object({
    url: z.string().describe("of this very file: what it answers never changes"),
    latestUrl: z.string().optional().describe("of the file that the track has of this kind at the time"),
    contentType: z.string().describe("media type of the file"),
    sizeBytes: z.int().describe("of the whole file"),
  })
  .meta({ id: "AssetLink" });

/** What is made of an artifact's file when it is read. */
export const RenderingLink = z
  .object({
    url: z.string().describe("of what this release makes of this very file: what it answers never changes"),
    latestUrl: z.string().describe("of what is made of the file that the track has of this kind at the time"),
    contentType: z.string().describe("media type of the rendering"),
  })
  .meta({ id: "RenderingLink" });
export type RenderingLink = z.infer<typeof RenderingLink>;

/** An artifact of a track: its facts, as its kind has them, and its file if there is one to fetch. */
export const TrackResult = z.object({
  address: Address,
  version: z.int().nullable().default(null).describe("of the step that made it; null where that is not told"),
  current: z
    .boolean()
    .nullable()
    .default(null)
    .describe(
      "whether the fleet as it is now would make this very result; false: it is of an earlier version of the step, or of one " +
        "before it; null: no step of the fleet makes this kind, or it is not told",
    ),
  recomputing: Recomputing.nullable()
    .default(null)
    .describe("null unless it was asked for again; it holds until that has succeeded"),
  failedUpgrade: FailedUpgrade.nullable()
    .default(null)
    .describe("null unless a later version or attempt has failed; this one holds all the same"),
  facts: z.unknown().describe("what is known of it, as its kind has it"),
  asset: AssetLink.nullable().describe("null for an artifact without a file that is kept"),
  renderings: z
    .record(Name, RenderingLink)
    .default({})
    .describe("what is made of the file when it is read, by name; empty where the kind has none"),
});
export type TrackResult = z.infer<typeof TrackResult>;

const summaryFields = {
  id: TrackId,
  url: z.string().describe("of the track with everything that is known of it"),
  state: ReportedTrackState,
  summary: z.string().describe("the state in words"),
  title: z.string().nullable().describe("as it was submitted"),
  metadata: ClientMetadata.default({}).describe(
    "what the client has said of it for itself, as it was submitted",
  ),
  fileName: z.string().nullable().describe("as the client named the file"),
  acceptedAt: Instant,
  finishedAt: Instant.nullable().describe(
    "when all that was asked for at first had come to an end for the first time",
  ),
  latencyMs: z.number().nullable().describe("from acceptance to `finishedAt`"),
};

/** Whether a track has come to its end: with all that was asked for, a part of it, or nothing; or it is not there any more. */
export function hasEnded({ state }: { readonly state: string }): boolean {
  return finalStates.has(state);
}

const finalStates: ReadonlySet<string> = new Set(["done", "partial", "failed", "deleted"]);

/** A track in a list: enough to show progress. */
export const TrackSummary = z
  .object({
    ...summaryFields,
    steps: z
      .array(
        z.object({
          step: Name,
          status: StepReport.shape.status,
          code: z.string().nullable().describe("of a step that has failed; null for others"),
          underlying: UnderlyingError.nullable()
            .default(null)
            .describe("of a step that has failed: the last error of all its attempts"),
          recomputing: Recomputing.nullable()
            .default(null)
            .describe("null unless the step was asked for again, and no attempt has ended since"),
          upgradeFailed: z.boolean().default(false).describe("a later version or attempt has failed"),
        }),
      )
      .describe("those that the targets need, in the order of the chain"),
  })
  .meta({ id: "TrackSummary" });
export type TrackSummary = z.infer<typeof TrackSummary>;

export const TrackList = z
  .object({
    tracks: z.array(TrackSummary).describe("the newest first"),
    nextCursor: z.string().nullable().describe("for the next, older page; null on the last one"),
  })
  .meta({ id: "TrackList" });
export type TrackList = z.infer<typeof TrackList>;

/** A track with everything that is known of it. Clients read what older APIs answer: a new field has a default, or is optional. */
export const TrackResource = z
  .object({
    ...summaryFields,
    source: z.string().describe("where it came from: `upload`, or the URL"),
    master: Sha256.nullable().describe("SHA-256 of the bytes; null until its source has been fetched"),
    sizeBytes: z.int().nullable().describe("of the bytes; null until its source has been fetched"),
    targets: z.array(Name).describe("the derivative assets that were asked for"),
    requests: z
      .array(RequestReport)
      .default([])
      .describe(
        "what was asked of it, oldest first: the latest hundred, or the first one alone where `degraded` is told",
      ),
    steps: z.array(StepReport).describe("those that the targets need, in the order of the chain"),
    results: z.record(Name, TrackResult).describe("by kind"),
    corrections: z
      .record(Name, StandingCorrection)
      .default({})
      .describe(
        "what people say it is where the machine's `results` are wrong, by kind: their values hold in search",
      ),
    degraded: z
      .string()
      .optional()
      .describe("present when the catalog could not be asked: the state is then at least this far"),
  })
  .meta({ id: "Track" });
export type TrackResource = z.infer<typeof TrackResource>;

/** The answer to a track that was accepted. */
export const TrackReceipt = z
  .object({
    id: TrackId,
    url: z.string().describe("where the track is from now on"),
    state: ReportedTrackState,
  })
  .meta({ id: "TrackReceipt" });
export type TrackReceipt = z.infer<typeof TrackReceipt>;
