import type { TrackResource, TrackSummary } from "@segue/contracts";

/** Of values, the one that so many of a hundred are not above; undefined of none (nearest rank). */
export function percentile(values: readonly number[], percent: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

/** What the latest tracks tell of the fleet. */
export interface LatestTracks {
  readonly count: number;
  /** State to how many are in it. */
  readonly states: ReadonlyMap<string, number>;
  /** Step to how many of them it is still to come to an end for, or is computed again for. */
  readonly waiting: ReadonlyMap<string, number>;
  /** From acceptance to the end, in ms. */
  readonly latenciesMs: readonly number[];
}

export function readLatest(tracks: readonly TrackSummary[]): LatestTracks {
  const states = new Map<string, number>();
  const waiting = new Map<string, number>();
  const add = (to: Map<string, number>, name: string) => to.set(name, (to.get(name) ?? 0) + 1);
  for (const { state, steps } of tracks) {
    add(states, state);
    for (const { step, status, recomputing } of steps)
      if (status === "waiting" || recomputing !== null) add(waiting, step);
  }
  const latenciesMs = tracks.flatMap(({ latencyMs }) => latencyMs ?? []);
  return { count: tracks.length, states, waiting, latenciesMs };
}

/** Step to how long each attempt took that ended it, in ms, of what was computed for these tracks. */
export function durationsOf(tracks: readonly TrackResource[]): Map<string, number[]> {
  const durations = new Map<string, number[]>();
  for (const { steps } of tracks)
    for (const { step, how, attempt } of steps) {
      if (how !== "computed" || attempt === null) continue;
      const all = durations.get(step) ?? [];
      all.push(attempt.durationMs);
      durations.set(step, all);
    }
  return durations;
}
