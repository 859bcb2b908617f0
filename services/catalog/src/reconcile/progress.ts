import { acceptedAtMs } from "@segue/contracts";
import type { AttemptRow } from "../rows.ts";

/** What a step has done of late, as far as this process has heard. */
export interface StepProgress {
  /** How long ago its last result came; at first, how long this process has listened. In ms. */
  readonly quietForMs: number;
  /** The longest time between two of its latest results, in ms; one of long ago counts for less and less. 0: there were no two. */
  readonly gapMs: number;
  /** Live tracks that were accepted well before have had their turn there, in ms since the epoch; 0: nothing is known. */
  readonly reachedMs: number;
}

export interface Progress {
  note(attempts: readonly Pick<AttemptRow, "step" | "track_id" | "how">[]): void;
  /** Of attempts that were noted, those for backfills. */
  noteBackfilled(attempts: readonly Pick<AttemptRow, "step" | "how" | "started_at">[]): void;
  of(step: string): StepProgress;
}

/** Times, in ms. How long ago something was no clock tells that is set while it runs. */
export interface ProgressClock {
  /** Since the epoch. */
  wallMs(): number;
  /** Since any moment. */
  elapsedMs(): number;
}

const realClock: ProgressClock = { wallMs: () => Date.now(), elapsedMs: () => performance.now() };

/** Of the gap before, with each result. */
const fading = 0.9;

/**
 * Results that were computed, by step: finding one there takes no work, and a track that is announced again finds many.
 * Of several catalogs each hears a share, with longer gaps in between.
 *
 * How far a step has come is told by the latest track of its results, as it was accepted; and by when it last began with what a backfill has asked for,
 * of however old a track: that waits for what is live. A replay does not wait, and tells no more than the age of its track.
 */
export function createProgress(clock: ProgressClock = realClock): Progress {
  const nothing = { lastResultAt: clock.elapsedMs(), hasResult: false, gapMs: 0, reachedMs: 0 };
  const steps = new Map<string, typeof nothing>();
  const of = (step: string) => steps.get(step) ?? nothing;
  const reach = (step: string, atMs: number) => {
    const before = of(step);
    return { ...before, reachedMs: Math.max(before.reachedMs, atMs) };
  };
  return {
    of(step) {
      const { lastResultAt, gapMs, reachedMs } = of(step);
      return { quietForMs: clock.elapsedMs() - lastResultAt, gapMs, reachedMs };
    },
    note(attempts) {
      for (const { step, track_id, how } of attempts) {
        if (how !== "computed") continue;
        const acceptedMs = acceptedAtMs(track_id);
        // Of one that was accepted by a clock that is ahead nobody knows when that was.
        const reached = acceptedMs > clock.wallMs() ? of(step) : reach(step, acceptedMs);
        const now = clock.elapsedMs();
        const gapMs = reached.hasResult ? Math.max(fading * reached.gapMs, now - reached.lastResultAt) : 0;
        steps.set(step, { ...reached, gapMs, hasResult: true, lastResultAt: now });
      }
    },
    noteBackfilled(attempts) {
      for (const { step, how, started_at } of attempts) {
        // A worker's clock may be ahead of ours.
        if (how === "computed")
          steps.set(step, reach(step, Math.min(Date.parse(started_at), clock.wallMs())));
      }
    },
  };
}
