import { lowestTrackId } from "@segue/contracts";

/** How far tracks that were never looked at have been gone through, by their ids. */
export interface Walk {
  /** Where to go on. */
  from(now: Date): string;
  /** @param id the last that was seen; undefined: none. */
  passed(id: string | undefined): void;
}

/** No track has a lower id. */
const lowestId = "00000000-0000-0000-0000-000000000000";
const hourMs = 3_600_000;

/**
 * The catalog may hear of a track when the walk is past it. So the last hour is gone through again every so often, and everything once an
 * hour: a walk over what has been looked at costs little, and yet grows with the tracks that are open.
 */
export function createWalk(againMs: number): Walk {
  let after = lowestId;
  let wholeAtMs = 0;
  let recentAtMs = 0;
  return {
    from(now) {
      const nowMs = now.getTime();
      if (nowMs - wholeAtMs >= hourMs) {
        after = lowestId;
        wholeAtMs = nowMs;
        recentAtMs = nowMs;
      } else if (nowMs - recentAtMs >= againMs) {
        const hourAgo = lowestTrackId(new Date(nowMs - hourMs));
        if (hourAgo < after) after = hourAgo;
        recentAtMs = nowMs;
      }
      return after;
    },
    passed(id) {
      if (id !== undefined) after = id;
    },
  };
}
