import type { TrackResource } from "@segue/contracts";
import { formatColumns } from "../format-columns.ts";
import { formatLatency, printable } from "../start/format-text.ts";

/** A step of a track on the track's own clock: ms since it was accepted. */
export interface TracedStep {
  readonly step: string;
  readonly status: TrackResource["steps"][number]["status"];
  /** `skipped`: the result was there already; nothing ran for this track. */
  readonly how: "computed" | "skipped" | null;
  /** When the last of its inputs was there; null where nothing ran. */
  readonly readyMs: number | null;
  readonly startMs: number | null;
  readonly endMs: number | null;
  /** From its inputs to its start: queue, and attempts that failed. */
  readonly waitMs: number | null;
  readonly runMs: number | null;
  readonly cpuMs: number | null;
  readonly attempts: number | null;
}

/** @param ancestorsOf the steps that a step of the chain needs; empty for a step that is not known here. */
export function traceTrack(
  track: TrackResource,
  ancestorsOf: (step: string) => readonly string[],
): TracedStep[] {
  const accepted = Date.parse(track.acceptedAt);
  const ends = new Map<string, number>();
  for (const { step, how, attempt } of track.steps) {
    if (how === "computed" && attempt) ends.set(step, Date.parse(attempt.finishedAt) - accepted);
  }
  return track.steps.map(({ step, status, how, attempt }) => {
    const nothing = { readyMs: null, startMs: null, endMs: null, waitMs: null, runMs: null };
    // The attempt of a result that was there already belongs to another track.
    if (how !== "computed" || !attempt) return { step, status, how, ...nothing, cpuMs: null, attempts: null };
    const readyMs = Math.max(0, ...ancestorsOf(step).map((name) => ends.get(name) ?? 0));
    const startMs = Date.parse(attempt.startedAt) - accepted;
    const endMs = Date.parse(attempt.finishedAt) - accepted;
    // Workers' clocks differ by some ms: a wait is never less than nothing.
    const waitMs = Math.max(0, startMs - readyMs);
    const { cpuMs, deliveryAttempt: attempts } = attempt;
    return { step, status, how, readyMs, startMs, endMs, waitMs, runMs: attempt.durationMs, cpuMs, attempts };
  });
}

const barWidth = 48;

/** A waterfall: `·` a step waits, `█` it runs. */
export function renderTrace(track: TrackResource, steps: readonly TracedStep[]): string {
  const totalMs = Math.max(1, ...steps.map(({ endMs }) => endMs ?? 0));
  const column = (ms: number) => Math.min(barWidth, Math.max(0, Math.round((ms / totalMs) * barWidth)));
  const rows = steps.map((it) => {
    const { readyMs, startMs, endMs } = it;
    if (readyMs === null || startMs === null || endMs === null) {
      return [it.step, it.how === "skipped" ? "was there" : it.status, "", "", "", "", ""];
    }
    const [from, start] = [column(readyMs), column(startMs)];
    const bar = `${" ".repeat(from)}${"·".repeat(Math.max(0, start - from))}${"█".repeat(Math.max(1, column(endMs) - start))}`;
    const cpu = it.cpuMs === null ? "-" : formatLatency(it.cpuMs);
    const [wait, run] = [it.waitMs, it.runMs].map((ms) => formatLatency(ms ?? 0));
    return [it.step, it.status, wait ?? "", run ?? "", cpu, String(it.attempts), bar];
  });
  const head = ["STEP", "STATUS", "WAIT", "RUN", "CPU", "DELIVERY", `0 to ${formatLatency(totalMs)}`];
  return `${printable(track.summary)}\n${formatColumns([head, ...rows], { right: [2, 3, 4, 5] })}`;
}
