import type { Change } from "@segue/contracts";

/** What the stream of changes has told of one step in the last minutes. */
export interface StepNumbers {
  readonly succeeded: number;
  readonly failed: number;
}

export interface FailureCount {
  readonly step: string;
  readonly code: string;
  readonly count: number;
}

/** What has happened in the time that is looked at. */
export interface NumbersNow {
  /** How much of it the page was open for, in ms. */
  readonly seenMs: number;
  readonly steps: ReadonlyMap<string, StepNumbers>;
  readonly accepted: number;
  /** Tracks that came to an end. */
  readonly ended: number;
  /** The most frequent first. */
  readonly failures: readonly FailureCount[];
  /** Steps that ended in each slice of time, the oldest first. */
  readonly throughput: readonly number[];
}

/** Counts what happens for as long as the page is open, whatever it shows. */
export interface FleetNumbers {
  note(changes: readonly Change[], nowMs: number): void;
  read(nowMs: number): NumbersNow;
}

/** What is looked at: the last five minutes, in slices of ten seconds. */
export const windowMs = 300_000;
const sliceMs = 10_000;
/** Of a fleet that does more in that time the newest are counted. */
const mostKept = 200_000;

type Noted = { readonly atMs: number; readonly type: string; readonly step: string; readonly code: string };

const ends: ReadonlySet<string> = new Set(["track.done", "track.partial", "track.failed"]);

export function countFleet(startedMs: number): FleetNumbers {
  let noted: Noted[] = [];
  return {
    note(changes, nowMs) {
      for (const { type, step, code } of changes)
        noted.push({ atMs: nowMs, type, step: step ?? "", code: code ?? "" });
      if (noted.length > mostKept) noted = noted.slice(-mostKept / 2);
    },
    read(nowMs) {
      noted = noted.filter(({ atMs }) => nowMs - atMs < windowMs);
      return summarise(noted, Math.min(windowMs, nowMs - startedMs), nowMs);
    },
  };
}

function summarise(noted: readonly Noted[], seenMs: number, nowMs: number): NumbersNow {
  const steps = new Map<string, { succeeded: number; failed: number }>();
  const failures = new Map<string, { step: string; code: string; count: number }>();
  const throughput = Array.from({ length: windowMs / sliceMs }, () => 0);
  let [accepted, ended] = [0, 0];
  for (const { type, step, code, atMs } of noted) {
    if (type === "track.accepted") accepted++;
    if (ends.has(type)) ended++;
    if (type !== "step.succeeded" && type !== "step.failed") continue;
    const slice = throughput.length - 1 - Math.floor((nowMs - atMs) / sliceMs);
    throughput[slice] = (throughput[slice] ?? 0) + 1;
    const counted = steps.get(step) ?? { succeeded: 0, failed: 0 };
    steps.set(step, counted);
    if (type === "step.succeeded") counted.succeeded++;
    else {
      counted.failed++;
      const cause = failures.get(`${step} ${code}`) ?? { step, code, count: 0 };
      cause.count++;
      failures.set(`${step} ${code}`, cause);
    }
  }
  const byCount = [...failures.values()].sort((a, b) => b.count - a.count);
  return { seenMs, steps, accepted, ended, failures: byCount, throughput };
}

/** Per minute. A time under ten seconds tells of no rate: null. */
export function perMinute(count: number, seenMs: number): number | null {
  return seenMs < sliceMs ? null : (60_000 * count) / seenMs;
}
