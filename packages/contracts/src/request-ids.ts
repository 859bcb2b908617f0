import { createHash } from "node:crypto";
import { v7 } from "uuid";
import { acceptedAtMs } from "./object-names.ts";

/** An id for a request, a track, a backfill: random, but that they sort by time. */
export function createId(now: Date): string {
  return v7({ msecs: now.getTime() });
}

/**
 * The id of what a backfill asks of one track: it is the same request whoever plans it, and however often. It sorts where the
 * backfill does.
 */
export function requestIdOf(backfillId: string, trackId: string): string {
  const random = createHash("sha256").update(`backfill/${backfillId}/${trackId}`).digest().subarray(0, 16);
  return v7({ msecs: acceptedAtMs(backfillId), random });
}
