import { formatClock, formatCount, printable, shorten } from "@segue/wording";
import type { Paint } from "./paint.ts";
import type { Progress, StepCount } from "./tally.ts";

export interface ProgressScreen {
  readonly progress: Progress;
  /** What there is to say besides: why sending pauses, that it drains. */
  readonly note: string | null;
}

/** The live area: a bar per step, one for the whole, and what is left to do. No line is wider than `width`. */
export function renderProgress({ progress, note }: ProgressScreen, width: number, paint: Paint): string {
  const { total, succeeded, failed, steps } = progress;
  const labelWidth = Math.max(5, ...steps.map(({ step }) => step.length));
  const barWidth = Math.max(6, Math.min(40, width - labelWidth - 34));
  const lines = steps.map((count) => renderStep(count, labelWidth, barWidth, paint));
  const whole = renderBar(succeeded, failed, total, barWidth, paint);
  lines.push(
    `${paint.bold("all".padEnd(labelWidth))}  ${whole}  ${paint.bold(`${succeeded + failed}/${total}`)}`,
  );
  lines.push(paint.dim(shorten(describeProgress(progress, note), width)));
  if (note) lines.push(paint.accent(shorten(printable(note), width)));
  return lines.join("\n");
}

function renderStep(count: StepCount, labelWidth: number, barWidth: number, paint: Paint): string {
  const { step, total, succeeded, failed, blocked } = count;
  const bar = renderBar(succeeded, failed + blocked, total, barWidth, paint);
  const parts = [`${succeeded}/${total}`];
  if (failed > 0) parts.push(paint.bad(`${failed} failed`));
  if (blocked > 0) parts.push(paint.dim(`${blocked} blocked`));
  return `${step.padEnd(labelWidth)}  ${bar}  ${parts.join(" ")}`;
}

/** Rounded down: a bar is full only when everything has ended. */
function renderBar(good: number, bad: number, total: number, width: number, paint: Paint): string {
  const cells = (part: number) => (total > 0 ? Math.floor((part / total) * width) : 0);
  const ended = cells(good + bad);
  const badCells = bad > 0 ? Math.min(ended, Math.max(1, cells(bad))) : 0;
  return (
    paint.good("█".repeat(ended - badCells)) +
    paint.bad("▒".repeat(badCells)) +
    paint.dim("░".repeat(width - ended))
  );
}

/** In words, on one line. While something holds the work up (`trouble`), nobody knows how long it will take. */
export function describeProgress(
  { total, accepted, failed, elapsedMs, remainingMs }: Progress,
  trouble: string | null,
): string {
  const parts = [`${accepted} of ${formatCount(total, "track")} accepted`];
  if (failed > 0) parts.push(`${failed} failed`);
  parts.push(`${formatClock(elapsedMs / 1000)} so far`);
  if (trouble === null && remainingMs !== null && remainingMs > 0)
    parts.push(`about ${formatClock(remainingMs / 1000)} left`);
  return parts.join(" · ");
}
