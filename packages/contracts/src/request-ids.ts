import { createHash } from "node:crypto";
import { v7 } from "uuid";
import { TrackId } from "./ids.ts";
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

/** When a request was made, in ms since the epoch, as its id tells: a backfill's items were with it. Undefined for what is no id. */
export function askedAtMs(requestId: string): number | undefined {
  return TrackId.safeParse(requestId).success ? acceptedAtMs(requestId) : undefined;
}
