import { acceptedAtMs } from "@segue/contracts";
import type { AttemptRow } from "../rows.ts";

/** What a step has done of late, as far as this process has heard. */
export interface StepProgress {
  /** When its last result came; at first, when this process began to listen. Ms since the epoch. */
  readonly lastResultAtMs: number;
  /** When the latest track of its results was accepted; 0 before the first. */
  readonly latestTrackAtMs: number;
}

export interface Progress {
  note(attempts: readonly Pick<AttemptRow, "step" | "track_id" | "how">[]): void;
  of(step: string): StepProgress;
}

/**
 * Results that were computed, by step: finding one there takes no work, and a track that is announced again finds many.
 * Of several catalogs each hears a share, which is as good a sample as the whole.
 */
export function createProgress(now: () => number = Date.now): Progress {
  const nothing: StepProgress = { lastResultAtMs: now(), latestTrackAtMs: 0 };
  const steps = new Map<string, StepProgress>();
  return {
    of: (step) => steps.get(step) ?? nothing,
    note(attempts) {
      for (const { step, track_id, how } of attempts) {
        if (how !== "computed") continue;
        const before = steps.get(step) ?? nothing;
        const latestTrackAtMs = Math.max(before.latestTrackAtMs, acceptedAtMs(track_id));
        steps.set(step, { lastResultAtMs: now(), latestTrackAtMs });
      }
    },
  };
}
