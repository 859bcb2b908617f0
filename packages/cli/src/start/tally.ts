import type { TrackResource, TrackSummary } from "@segue/contracts";
import type { KindsByName } from "@segue/wording";
import { describeTrack, type TrackRow } from "./describe-track.ts";
import type { FileFailure } from "./local-failures.ts";

type StepStatus = TrackSummary["steps"][number]["status"];

export interface StepCount {
  readonly step: string;
  /** Of the tracks that were accepted. */
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  /** A step before it failed, so it will not run. */
  readonly blocked: number;
}

export interface FailureCount {
  readonly code: string;
  readonly count: number;
  /** The first few. */
  readonly examples: readonly FileFailure[];
}

/** Where things stand, as numbers. */
export interface Progress {
  /** Tracks: files that were given, and what was unfinished from before. */
  readonly total: number;
  readonly accepted: number;
  readonly succeeded: number;
  /** Tracks that ended otherwise, and files that never became tracks. */
  readonly failed: number;
  readonly steps: readonly StepCount[];
  readonly elapsedMs: number;
  /** An estimate; null while there is nothing to base it on, or nothing has ended for much longer than it took so far. */
  readonly remainingMs: number | null;
}

/** Counts what happens. Memory grows with the tracks that are on their way, not with those that have ended. */
export interface Tally {
  expect(tracks: number): void;
  /** Two given files are one track. */
  forgetOne(): void;
  accepted(): void;
  observe(track: Pick<TrackSummary, "id" | "steps">): void;
  ended(track: TrackResource, file: string, kinds: KindsByName): TrackRow;
  notSent(failure: FileFailure): void;
  progress(): Progress;
  failures(): FailureCount[];
  /** Of the tracks that ended, the first ones: at most `maxRows`. */
  rows(): readonly TrackRow[];
  /** How many tracks have ended, whatever the outcome. */
  endedTracks(): number;
}

export const maxRows = 100;
const maxExamples = 3;
/** The rate of work is taken from the last so many ends. */
const rateWindow = 50;

export function createTally(now: () => number = Date.now): Tally {
  const startedMs = now();
  const count = { total: 0, accepted: 0, succeeded: 0, failed: 0 };
  const steps = createStepCounts();
  const failures = new Map<string, { count: number; examples: FileFailure[] }>();
  const rows: TrackRow[] = [];
  const ends: number[] = [];
  let endedTracks = 0;
  const fail = (failure: FileFailure) => {
    const entry = failures.get(failure.code) ?? { count: 0, examples: [] };
    entry.count++;
    if (entry.examples.length < maxExamples) entry.examples.push(failure);
    failures.set(failure.code, entry);
  };
  return {
    expect: (tracks) => {
      count.total += tracks;
    },
    forgetOne: () => {
      count.total--;
    },
    accepted: () => {
      count.accepted++;
    },
    observe: ({ id, steps: seen }) => steps.observe(id, seen),
    ended(track, file, kinds) {
      steps.observe(track.id, track.steps);
      steps.settle(track.id);
      const row = describeTrack(track, file, kinds);
      if (track.state === "done") count.succeeded++;
      else count.failed++;
      const codes = new Map(row.failures.map((failure) => [failure.code, failure]));
      for (const { step: _, ...failure } of codes.values()) fail({ file, ...failure });
      if (rows.length < maxRows) rows.push(row);
      endedTracks++;
      ends.push(now());
      if (ends.length > rateWindow) ends.shift();
      return row;
    },
    notSent(failure) {
      count.failed++;
      fail(failure);
    },
    progress: () => ({
      ...count,
      steps: steps.list(),
      elapsedMs: now() - startedMs,
      remainingMs: estimateRemainingMs(ends, startedMs, count.total - count.succeeded - count.failed, now()),
    }),
    failures: () =>
      [...failures]
        .map(([code, entry]) => ({ code, ...entry }))
        .sort((a, b) => b.count - a.count || a.code.localeCompare(b.code)),
    rows: () => rows,
    endedTracks: () => endedTracks,
  };
}

/** Nothing has ended for so many times the pace so far: what is left waits for something else than its turn. */
const stalledPaces = 5;
const leastStalledMs = 10_000;

/**
 * Time left at the rate of the last ends. While what is left hangs or is tried again, that rate says nothing of it.
 *
 * @param endsMs when the last tracks ended, oldest first.
 * @returns null before the second end, which says little about the next, and where nothing has ended for long.
 */
export function estimateRemainingMs(
  endsMs: readonly number[],
  startedMs: number,
  left: number,
  nowMs: number,
): number | null {
  if (left <= 0) return 0;
  if (endsMs.length < 2) return null;
  // Until the window is full its work began when everything began; afterwards, at its first end.
  const full = endsMs.length >= rateWindow;
  const sinceMs = full ? (endsMs[0] ?? startedMs) : startedMs;
  const ended = full ? endsMs.length - 1 : endsMs.length;
  const lastMs = endsMs.at(-1) ?? startedMs;
  const paceMs = (lastMs - sinceMs) / ended;
  if (nowMs - lastMs > Math.max(leastStalledMs, stalledPaces * paceMs)) return null;
  return ((nowMs - sinceMs) / ended) * left;
}

function createStepCounts() {
  const totals = new Map<string, Record<StepStatus, number>>();
  const pending = new Map<string, readonly { step: string; status: StepStatus }[]>();
  const add = (seen: readonly { step: string; status: StepStatus }[], by: 1 | -1) => {
    for (const { step, status } of seen) {
      const total = totals.get(step) ?? { waiting: 0, succeeded: 0, failed: 0, blocked: 0 };
      total[status] += by;
      totals.set(step, total);
    }
  };
  return {
    observe(id: string, seen: readonly { step: string; status: StepStatus }[]): void {
      add(pending.get(id) ?? [], -1);
      const slim = seen.map(({ step, status }) => ({ step, status }));
      pending.set(id, slim);
      add(slim, 1);
    },
    settle: (id: string) => pending.delete(id),
    list: (): StepCount[] =>
      [...totals].map(([step, { waiting, succeeded, failed, blocked }]) => ({
        step,
        total: waiting + succeeded + failed + blocked,
        succeeded,
        failed,
        blocked,
      })),
  };
}
