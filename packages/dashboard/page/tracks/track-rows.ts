import type { TrackSummary } from "@segue/contracts";

export const trackStates = ["accepted", "processing", "done", "partial", "failed"] as const;

/** Which tracks are listed. Null: in whatever state. */
export interface TrackFilter {
  readonly state: (typeof trackStates)[number] | null;
}

/** What is shown of the list so far. */
export interface TrackRows {
  /** The newest first. */
  readonly tracks: readonly TrackSummary[];
  /** Of the page behind the last one; null: these are all. */
  readonly nextCursor: string | null;
}

export function queryOf({ state }: TrackFilter, cursor: string | null, limit: number): string {
  const query = new URLSearchParams({ limit: String(limit) });
  if (state !== null) query.set("state", state);
  if (cursor !== null) query.set("cursor", cursor);
  return `v1/tracks?${query}`;
}

/** With a page behind it. What has come to be there meanwhile is there once. */
export function appendPage(rows: TrackRows, page: TrackRows): TrackRows {
  const known = new Set(rows.tracks.map(({ id }) => id));
  const added = page.tracks.filter(({ id }) => !known.has(id));
  return { tracks: [...rows.tracks, ...added], nextCursor: page.nextCursor };
}

/** Whether a track belongs among those that were read so far, as ids tell, which begin with the time of acceptance. */
export function isInReach({ tracks, nextCursor }: TrackRows, id: string): boolean {
  return nextCursor === null || id >= (tracks.at(-1)?.id ?? "");
}

/** Without those that were deleted. */
export function removeRows(rows: TrackRows, gone: readonly string[]): TrackRows {
  const ids = new Set(gone);
  return { ...rows, tracks: rows.tracks.filter(({ id }) => !ids.has(id)) };
}

/**
 * With tracks as they are now. Those that the filter lets through no more go; new ones come where they stand, unless that is on a page that was not read yet.
 */
export function updateRows(rows: TrackRows, now: readonly TrackSummary[], filter: TrackFilter): TrackRows {
  const latest = new Map(now.map((track) => [track.id, track]));
  const passes = (track: TrackSummary) => filter.state === null || track.state === filter.state;
  const kept = rows.tracks.map((track) => latest.get(track.id) ?? track).filter(passes);
  const known = new Set(rows.tracks.map(({ id }) => id));
  const added = now.filter((track) => !known.has(track.id) && passes(track) && isInReach(rows, track.id));
  if (added.length === 0) return { ...rows, tracks: kept };
  return { ...rows, tracks: [...kept, ...added].sort((a, b) => (a.id < b.id ? 1 : -1)) };
}
