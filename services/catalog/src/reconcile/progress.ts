import { acceptedAtMs } from "@segue/contracts";
import type { AttemptRow } from "../rows.ts";

/** What a step has done of late, as far as this process has heard. */
export interface StepProgress {
  /** When its last result came; at first, when this process began to listen. Ms since the epoch. */
  readonly lastResultAtMs: number;
  /** Live tracks that were accepted well before have had their turn there, in ms since the epoch; 0: nothing is known. */
  readonly reachedMs: number;
}

export interface Progress {
  note(attempts: readonly Pick<AttemptRow, "step" | "track_id" | "how">[]): void;
  /** Of attempts that were noted, those for backfills. */
  noteBackfilled(attempts: readonly Pick<AttemptRow, "step" | "how" | "started_at">[]): void;
  of(step: string): StepProgress;
}

/**
 * Results that were computed, by step: finding one there takes no work, and a track that is announced again finds many.
 * Of several catalogs each hears a share, which is as good a sample as the whole.
 *
 * How far a step has come is told by the latest track of its results, as it was accepted; and by when it last began with what a backfill has asked for,
 * of however old a track: that waits for what is live. A replay does not wait, and tells no more than the age of its track.
 */
export function createProgress(now: () => number = Date.now): Progress {
  const nothing: StepProgress = { lastResultAtMs: now(), reachedMs: 0 };
  const steps = new Map<string, StepProgress>();
  const of = (step: string) => steps.get(step) ?? nothing;
  const reach = (step: string, atMs: number): StepProgress => {
    const before = of(step);
    return { ...before, reachedMs: Math.max(before.reachedMs, atMs) };
  };
  return {
    of,
    note(attempts) {
      for (const { step, track_id, how } of attempts) {
        if (how !== "computed") continue;
        const acceptedMs = acceptedAtMs(track_id);
        // Of one that was accepted by a clock that is ahead nobody knows when that was.
        const reached = acceptedMs > now() ? of(step) : reach(step, acceptedMs);
        steps.set(step, { ...reached, lastResultAtMs: now() });
      }
    },
    noteBackfilled(attempts) {
      for (const { step, how, started_at } of attempts) {
        // A worker's clock may be ahead of ours.
        if (how === "computed") steps.set(step, reach(step, Math.min(Date.parse(started_at), now())));
      }
    },
  };
}
