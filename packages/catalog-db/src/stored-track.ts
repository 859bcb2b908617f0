import { Attempt, Failure, openEnum, PayloadRef, Recomputing, RequestReport } from "@segue/contracts";
import { z } from "zod";
import { HoldingCorrection } from "./corrections/stored-correction.ts";

export const trackStates = ["accepted", "processing", "done", "partial", "failed"] as const;
export type TrackState = (typeof trackStates)[number];

export const outcomeStatuses = ["succeeded", "failed", "blocked"] as const;

/** Postgres writes instants in JSON with an offset and as many digits as there are. */
const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());

/** An artifact. */
export const StoredResult = z.object({
  kind: z.string(),
  address: z.string(),
  facts: z.unknown(),
  payload: PayloadRef.nullable(),
});
export type StoredResult = z.infer<typeof StoredResult>;

/** What holds for a step of a track. A step without one has not come to an end. */
export const StoredOutcome = z.object({
  step: z.string(),
  status: openEnum(outcomeStatuses),
  /** The failed steps that a blocked step waits for in vain. */
  blockedBy: z.array(z.string()),
  version: z.int().nullable(),
  kind: z.string().nullable(),
  address: z.string().nullable(),
  how: openEnum(["computed", "skipped"]).nullable(),
  error: Failure.nullable(),
  attempt: Attempt.extend({ startedAt: instant, finishedAt: instant }).nullable(),
  /** Of a step with several outputs, kind to address of each; null: it makes one artifact. */
  outputs: z.record(z.string(), z.string()).nullable(),
  /** What it has made; none in lists, which leave them out. */
  results: z.array(StoredResult),
  /** Set while the step, which has ended, was asked for again and no attempt has ended since. */
  recomputing: Recomputing.nullable(),
  /** Set where a later version or attempt has failed, and what was there before holds. */
  failedUpgrade: z.object({ version: z.int(), address: z.string(), error: Failure, at: instant }).nullable(),
});
export type StoredOutcome = z.infer<typeof StoredOutcome>;

/** A track as the catalog knows it. */
export const StoredTrack = z.object({
  id: z.string(),
  owner: z.string(),
  /** Null until its source has been fetched; the size too. */
  master: z.string().nullable(),
  sizeBytes: z.number().nullable(),
  fileName: z.string().nullable(),
  title: z.string().nullable(),
  /** Null: its client has said nothing for itself. */
  metadata: z.record(z.string(), z.string()).nullable(),
  source: z.string(),
  targets: z.array(z.string()),
  wants: z.array(z.string()),
  acceptedAt: instant,
  state: openEnum(trackStates),
  finishedAt: instant.nullable(),
  /** Why nothing more is tried for a track that has not come to an end; null while something is. */
  stuck: z.string().nullable(),
  /** The latest, oldest first; none in lists, which leave them out. */
  requests: z.array(RequestReport.extend({ requestedAt: instant })),
  outcomes: z.array(StoredOutcome),
  /** What people have said of it, and not taken back; none in lists, which leave them out. */
  corrections: z.array(HoldingCorrection),
});
export type StoredTrack = z.infer<typeof StoredTrack>;
