/** How objects in the records bucket are named. Names lead with a hash, so that writes spread over the key space. */

import { TrackId } from "./ids.ts";

const trackSuffix = ".track.json";

/** What the names of all track objects start with, taken together: so many series, each in the order of acceptance. */
export const trackObjectPrefixes: readonly string[] = Array.from("0123456789abcdef", (digit) => `${digit}-`);

/** The object that keeps an accepted track. @param idDigest SHA-256 of the track's id, in hex. */
export function trackObjectName(idDigest: string, trackId: string): string {
  return `${idDigest.slice(0, 1)}-${trackId}${trackSuffix}`;
}

const replaySuffix = ".replay.json";

/** The object that keeps a replay. @param idDigest SHA-256 of the track's id, in hex. */
export function replayObjectName(idDigest: string, trackId: string, requestedAt: string): string {
  return `${idDigest.slice(0, 1)}-${trackId}.${Date.parse(requestedAt)}${replaySuffix}`;
}

export function isReplayObjectName(name: string): boolean {
  return name.endsWith(replaySuffix);
}

export function isTrackObjectName(name: string): boolean {
  return name.endsWith(trackSuffix);
}

/** The id of the track that an object keeps; undefined if its name is not of that form. */
export function readTrackObjectName(name: string): string | undefined {
  const id = name.slice(2, -trackSuffix.length);
  return isTrackObjectName(name) && TrackId.safeParse(id).success ? id : undefined;
}

/** No track accepted at that instant or later has a lower id (UUIDs of version 7 begin with the milliseconds). */
export function lowestTrackId(at: Date): string {
  const hex = at.getTime().toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

/** When a track was accepted, in ms since the epoch, as its id tells. */
export function acceptedAtMs(trackId: string): number {
  return Number.parseInt(trackId.slice(0, 8) + trackId.slice(9, 13), 16);
}
