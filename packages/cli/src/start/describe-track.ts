import { runMs, type TrackResource, type Warning } from "@segue/contracts";
import type { KindsByName } from "@segue/wording";
import { describeResults, type ShownResult } from "@segue/wording";
import type { FailureWords } from "./local-failures.ts";

/** What the results table shows of a track. */
export interface TrackRow {
  readonly trackId: string;
  /** The file as the user knows it. */
  readonly file: string;
  readonly title: string;
  readonly state: TrackResource["state"];
  /** What there is (yet), as their columns stand. */
  readonly results: readonly ShownResult[];
  readonly latencyMs: number | null;
  /** Those that have come to an end of their own. */
  readonly steps: readonly {
    readonly step: string;
    readonly how: string;
    readonly durationMs: number | null;
  }[];
  /** What was found odd about a file that was processed all the same. */
  readonly warnings: readonly Warning[];
  readonly failures: readonly {
    readonly step: string;
    readonly code: string;
    readonly message: string;
    /** As the API tells them: the code may be a step's own. */
    readonly words?: FailureWords;
  }[];
}

/** @param kinds what the fleet says of the kinds of its results. */
export function describeTrack(track: TrackResource, file: string, kinds: KindsByName): TrackRow {
  const { results, title: ownTitle, warnings } = describeResults(track.results, kinds);
  const title = [track.title, ownTitle, track.fileName].find((text) => text?.trim());
  return {
    trackId: track.id,
    file,
    title: title ?? file,
    state: track.state,
    results,
    latencyMs: track.latencyMs,
    steps: track.steps.flatMap(({ step, status, how, attempt }) =>
      status === "blocked" || status === "waiting"
        ? []
        : [{ step, how: how ?? "", durationMs: attempt && runMs(attempt) }],
    ),
    warnings,
    failures: track.steps.flatMap(({ step, error }) =>
      error
        ? [
            {
              step,
              code: error.code,
              message: error.message,
              words: { meaning: error.meaning, remedy: error.remedy },
            },
          ]
        : [],
    ),
  };
}
