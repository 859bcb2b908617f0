import { z } from "zod";
import { Instant, Name, TrackId } from "./ids.ts";

/** A backfill's id: like a track's, a UUID of version 7. */
export const BackfillId = TrackId;

/** Which tracks a backfill goes over: those accepted before it was asked for, and of these the ones that all of this is true of. */
export const BackfillSelection = z.object({
  trackId: TrackId.nullable().describe("this one only; null for all"),
  acceptedSince: Instant.nullable().describe("those accepted since; null for all"),
  state: z
    .enum(["accepted", "processing", "done", "partial", "failed"])
    .nullable()
    .describe("those in this state; null for all"),
});
export type BackfillSelection = z.infer<typeof BackfillSelection>;

/** A client asked for a backfill. Published on the `tracks` topic, and kept as an object. */
export const BackfillRequested = z.object({
  v: z.literal(1),
  type: z.literal("BackfillRequested"),
  backfillId: BackfillId,
  targets: z.array(Name),
  /** Steps that compute although their results are there. */
  force: z.array(Name),
  selection: BackfillSelection,
  /** Tracks that may be under way at once. */
  inFlight: z.int().positive(),
  requestedAt: Instant,
});
export type BackfillRequested = z.infer<typeof BackfillRequested>;

export const backfillActions = ["pause", "resume", "cancel"] as const;
export type BackfillAction = (typeof backfillActions)[number];

/** Somebody paused, resumed or cancelled a backfill. Published on the `tracks` topic, and kept as an object; the latest holds. */
export const BackfillSteered = z.object({
  v: z.literal(1),
  type: z.literal("BackfillSteered"),
  backfillId: BackfillId,
  action: z.enum(backfillActions),
  at: Instant,
});
export type BackfillSteered = z.infer<typeof BackfillSteered>;

/** A backfill has come to its end, with what came of it. Only kept as an object: a catalog that is rebuilt must not do it all again. */
export const BackfillEnded = z.object({
  v: z.literal(1),
  type: z.literal("BackfillEnded"),
  backfill: BackfillRequested,
  at: Instant,
  total: z.int().nonnegative().nullable(),
  complete: z.int().nonnegative(),
  succeeded: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  activeMs: z.int().nonnegative(),
  failures: z.array(z.object({ step: Name, code: z.string(), tracks: z.int().positive(), example: TrackId })),
});
export type BackfillEnded = z.infer<typeof BackfillEnded>;
