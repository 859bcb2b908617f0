import type { TrackSummary } from "@segue/contracts";
import { likeWords, underlyingOf } from "./underlying-failure.ts";

export interface FailureGroup {
  /** Of the last error: of a step that was given up, not that it was. */
  readonly code: string;
  readonly step: string;
  /** The error's words, of the newest of them; empty where the API does not tell. */
  readonly message: string;
  readonly count: number;
  /** The newest of them. */
  readonly example: string;
}

/** Failed steps of tracks, the newest track first, by their last error, its words and step; the most frequent first. */
export function groupFailures(tracks: readonly TrackSummary[]): FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  for (const { id, steps } of tracks) {
    for (const { step, code: told, underlying } of steps) {
      if (told === null) continue;
      const { code, message } = underlyingOf(underlying ?? { code: told, message: "" });
      // Of what a step has classified, the code says it all.
      const words = code === "step-failed" ? likeWords(message) : "";
      const key = `${code} ${step} ${words}`;
      const group = groups.get(key);
      const first = group ?? { code, step, message, example: id };
      groups.set(key, { ...first, count: (group?.count ?? 0) + 1 });
    }
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}
