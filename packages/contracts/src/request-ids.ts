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
  return derivedId(acceptedAtMs(backfillId), `backfill/${backfillId}/${trackId}`);
}

/**
 * The id of what has a track made anew that came while its master was removed: the same request however often it is written. It sorts by when
 * that was.
 */
export function healingIdOf(takedownId: string, trackId: string, removedAt: Date): string {
  return derivedId(removedAt.getTime(), `takedown/${takedownId}/${trackId}`);
}

function derivedId(msecs: number, text: string): string {
  return v7({ msecs, random: createHash("sha256").update(text).digest().subarray(0, 16) });
}

/** When a request was made, in ms since the epoch, as its id tells: a backfill's items were with it. Undefined for what is no id. */
export function askedAtMs(requestId: string): number | undefined {
  return TrackId.safeParse(requestId).success ? acceptedAtMs(requestId) : undefined;
}
