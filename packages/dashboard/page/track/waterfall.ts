import type { TrackHistory } from "@segue/contracts";

/** One attempt on the time line. */
export interface Bar {
  /** Of the whole line, 0 to 1. */
  readonly start: number;
  readonly length: number;
  readonly durationMs: number;
  /** `handed on`: it did a part, and another one went on. */
  readonly status: string;
  readonly title: string;
}

/** A step with all of its attempts. */
export interface WaterfallRow {
  readonly step: string;
  readonly bars: readonly Bar[];
  /** Of all of its attempts. */
  readonly totalMs: number;
  /** What its last failed attempt ended with. */
  readonly code: string | null;
}

export interface Waterfall {
  readonly rows: readonly WaterfallRow[];
  readonly fromMs: number;
  readonly lengthMs: number;
}

interface Timed {
  readonly step: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly status: string;
  readonly worker: string;
  readonly code: string | null;
}

/** The attempts that belong to one request; those of unknown ones with the first. */
export function attemptsFor(
  { attempts, requests }: Pick<TrackHistory, "attempts" | "requests">,
  requestId: string,
): TrackHistory["attempts"] {
  const [first] = requests;
  return attempts.filter((attempt) => (attempt.requestId ?? first?.id) === requestId);
}

/** Which step ran when: a row for each that ran, in the order in which they began. What was there already took no time, and has no row. */
export function layWaterfall(attempts: TrackHistory["attempts"]): Waterfall | undefined {
  const timed = attempts.filter(({ how }) => how !== "skipped").flatMap(timesOf);
  if (timed.length === 0) return undefined;
  const fromMs = Math.min(...timed.map(({ startMs }) => startMs));
  const toMs = Math.max(...timed.map(({ startMs, durationMs }) => startMs + durationMs));
  const lengthMs = Math.max(1, toMs - fromMs);
  const byStep = Map.groupBy(
    timed.toSorted((a, b) => a.startMs - b.startMs),
    ({ step }) => step,
  );
  const rows = [...byStep].map(([step, all]) => ({
    step,
    bars: all.map((one) => ({
      start: (one.startMs - fromMs) / lengthMs,
      length: one.durationMs / lengthMs,
      durationMs: one.durationMs,
      status: one.status,
      title: `${step}: ${one.status}${one.code === null ? "" : ` (${one.code})`} on ${one.worker}`,
    })),
    totalMs: all.reduce((sum, { durationMs }) => sum + durationMs, 0),
    code: all.findLast(({ code }) => code !== null)?.code ?? null,
  }));
  return { rows, fromMs, lengthMs };
}

function timesOf({ step, status, error, attempt }: TrackHistory["attempts"][number]): Timed[] {
  const { worker, startedAt, durationMs, earlier } = attempt;
  const code = error?.code ?? null;
  return [
    ...earlier.map((one) => ({
      ...{ step, status: "handed on", code: null },
      ...{ startMs: Date.parse(one.startedAt), durationMs: one.durationMs, worker: one.worker },
    })),
    { step, status, code, worker, startMs: Date.parse(startedAt), durationMs },
  ];
}

/** Round times at which a line is drawn, from 0 on: four to eight of them. */
export function ticksOf(lengthMs: number): number[] {
  const least = lengthMs / 8;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= least) ?? lengthMs;
  return Array.from({ length: Math.floor(lengthMs / step) + 1 }, (_, index) => index * step);
}
