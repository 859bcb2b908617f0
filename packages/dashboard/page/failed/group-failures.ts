import type { TrackSummary } from "@segue/contracts";

/** Tracks for which the same step has failed with the same code. */
export interface FailureGroup {
  readonly step: string;
  readonly code: string;
  /** The newest first. */
  readonly tracks: readonly TrackSummary[];
  /** What stands behind a code that says only that it was given up: last errors of all attempts, the most frequent first. */
  readonly causes: readonly { readonly code: string; readonly count: number }[];
}

/** The largest group first. A track for which several steps have failed is in several. */
export function groupFailures(tracks: readonly TrackSummary[]): FailureGroup[] {
  const failures = tracks.flatMap((track) =>
    track.steps
      .filter(({ status }) => status === "failed")
      .map(({ step, code, underlying }) => ({ track, step, code: code ?? "unknown", underlying })),
  );
  return [...Map.groupBy(failures, ({ step, code }) => `${step} ${code}`).values()]
    .flatMap((group) => {
      const [first] = group;
      if (!first) return [];
      const { step, code } = first;
      const behind = group.flatMap(({ underlying }) =>
        underlying && underlying.code !== code ? [underlying.code] : [],
      );
      const causes = [...Map.groupBy(behind, (each) => each)]
        .map(([cause, all]) => ({ code: cause, count: all.length }))
        .sort((a, b) => b.count - a.count);
      return [{ step, code, tracks: group.map(({ track }) => track), causes }];
    })
    .sort((a, b) => b.tracks.length - a.tracks.length);
}
