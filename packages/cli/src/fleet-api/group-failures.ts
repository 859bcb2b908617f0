import type { TrackSummary } from "@segue/contracts";

export interface FailureGroup {
  readonly code: string;
  readonly step: string;
  readonly count: number;
  /** The newest of them. */
  readonly example: string;
}

/** Failed steps of tracks, the newest track first, by code and step; the most frequent first. */
export function groupFailures(tracks: readonly TrackSummary[]): FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  for (const { id, steps } of tracks) {
    for (const { step, code } of steps) {
      if (code === null) continue;
      const key = `${code} ${step}`;
      const group = groups.get(key);
      groups.set(key, { code, step, count: (group?.count ?? 0) + 1, example: group?.example ?? id });
    }
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}
