import { type DeadLetterReport, runMs, type TrackResource } from "@segue/contracts";
import { formatLatency, printable } from "@segue/wording";
import { formatColumns } from "../format-columns.ts";

/** A step of a track on the track's own clock: ms since it was accepted. */
export interface TracedStep {
  readonly step: string;
  readonly status: TrackResource["steps"][number]["status"];
  /** `skipped`: the result was there already; nothing ran for this track. */
  readonly how: TrackResource["steps"][number]["how"];
  /** When the last of its inputs was there; null where nothing ran. */
  readonly readyMs: number | null;
  /** When the first of `attempts` began. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  /** From its inputs to its start: queue, and attempts that failed. */
  readonly waitMs: number | null;
  /** Of all attempts added up: more than from start to end where several ran at the same time. */
  readonly runMs: number | null;
  readonly cpuMs: number | null;
  readonly deliveries: number | null;
  /** The attempts that it took one after the other or side by side: one, but for long input. */
  readonly attempts: readonly { readonly worker: string; readonly startMs: number; readonly endMs: number }[];
  /** Attempts that failed before it was given up, the last one among them; as far as its dead letters tell, when and why. */
  readonly failures: readonly {
    readonly worker: string;
    readonly atMs: number;
    readonly code: string;
    readonly message: string;
  }[];
  /** How many attempts there were in all. */
  readonly attempted: number;
}

/**
 * @param ancestorsOf the steps that a step of the chain needs; empty for a step that is not known here.
 * @param deadLetters of the track: what is known of attempts that failed.
 */
export function traceTrack(
  track: TrackResource,
  ancestorsOf: (step: string) => readonly string[],
  deadLetters: readonly DeadLetterReport[] = [],
): TracedStep[] {
  const accepted = Date.parse(track.acceptedAt);
  const ends = new Map<string, number>();
  for (const { step, how, attempt } of track.steps) {
    if (how === "computed" && attempt) ends.set(step, Date.parse(attempt.finishedAt) - accepted);
  }
  return track.steps.map(({ step, status, how, attempt, error }) => {
    const failures = error ? failuresOf(step, deadLetters, accepted) : [];
    const nothing = { readyMs: null, startMs: null, endMs: null, waitMs: null, runMs: null };
    // The attempt of a result that was there already belongs to another track.
    if (how !== "computed" || !attempt)
      return {
        step,
        status,
        how,
        ...nothing,
        cpuMs: null,
        deliveries: null,
        attempts: [],
        failures,
        attempted: error?.attempts ?? failures.length,
      };
    const readyMs = Math.max(0, ...ancestorsOf(step).map((name) => ends.get(name) ?? 0));
    const attempts = [...attempt.earlier, attempt].map(({ worker, startedAt, durationMs }) => {
      const startMs = Date.parse(startedAt) - accepted;
      return { worker, startMs, endMs: startMs + durationMs };
    });
    const startMs = Math.min(...attempts.map((each) => each.startMs));
    const endMs = Date.parse(attempt.finishedAt) - accepted;
    // Workers' clocks differ by some ms: a wait is never less than nothing.
    const waitMs = Math.max(0, startMs - readyMs);
    const { cpuMs, deliveryAttempt: deliveries } = attempt;
    const times = { readyMs, startMs, endMs, waitMs, runMs: runMs(attempt) };
    const attempted = Math.max(error?.attempts ?? 1, failures.length, attempts.length);
    return { step, status, how, ...times, cpuMs, deliveries, attempts, failures, attempted };
  });
}

/** Of a step that was set aside several times, the latest. */
function failuresOf(
  step: string,
  deadLetters: readonly DeadLetterReport[],
  acceptedAtMs: number,
): TracedStep["failures"] {
  const letter = deadLetters.findLast((other) => other.step === step);
  return (letter?.story ?? []).map(({ at, worker, error: { code, message } }) => ({
    worker,
    atMs: Date.parse(at) - acceptedAtMs,
    code,
    message,
  }));
}

const barWidth = 48;

/** A waterfall: `·` a step waits, `█` it runs, `×` an attempt failed. */
export function renderTrace(track: TrackResource, steps: readonly TracedStep[]): string {
  const totalMs = Math.max(1, ...steps.map(({ endMs }) => endMs ?? 0));
  const column = (ms: number) => Math.min(barWidth, Math.max(0, Math.round((ms / totalMs) * barWidth)));
  const rows = steps.map((it) => {
    const { readyMs, startMs, endMs } = it;
    if (readyMs === null || startMs === null || endMs === null) {
      return [it.step, it.how === "skipped" ? "was there" : it.status, "", "", "", "", "", ""];
    }
    const bar = drawBar(
      column(readyMs),
      it.attempts.map((each) => [column(each.startMs), column(each.endMs)]),
      it.failures.map(({ atMs }) => column(atMs)),
    );
    const cpu = it.cpuMs === null ? "-" : formatLatency(it.cpuMs);
    const [wait, run] = [it.waitMs, it.runMs].map((ms) => formatLatency(ms ?? 0));
    return [it.step, it.status, wait ?? "", run ?? "", cpu, `${it.attempted}`, `${it.deliveries}`, bar];
  });
  const head = [
    "STEP",
    "STATUS",
    "WAIT",
    "RUN",
    "CPU",
    "ATTEMPTS",
    "DELIVERY",
    `0 to ${formatLatency(totalMs)}`,
  ];
  return `${printable(track.summary)}\n${formatColumns([head, ...rows], { right: [2, 3, 4, 5, 6] })}`;
}

/** Columns from `from` on: one in which an attempt runs is full, any other until the last waits. An attempt takes one at least. */
function drawBar(
  from: number,
  attempts: readonly (readonly [start: number, end: number])[],
  failures: readonly number[],
): string {
  const full = new Set(
    attempts.flatMap(([start, end]) =>
      Array.from({ length: Math.max(1, end - start) }, (_, offset) => start + offset),
    ),
  );
  const columns = Array.from({ length: Math.max(...full, ...failures) + 1 }, (_, at) => {
    if (failures.includes(at)) return "×";
    if (full.has(at)) return "█";
    return at < from ? " " : "·";
  });
  return columns.join("");
}
