import { StepError } from "@segue/contracts";
import type { WaitWatch } from "./watch-waits.ts";

/**
 * Share of a limit: an attempt that has waited so long for others is not to blame. One that has had all the
 * rest for itself and still is not done would need half as long again; on a quiet machine it is found out.
 */
const starvedShare = 0.3;
/**
 * What is given back to one that starved, at most, in ms: a message's lease (60 s) has to be enough for waiting for a core, inputs, an attempt of ten
 * seconds that takes twenty, and what it stores.
 */
export const mostGivenBackMs = 10_000;

export interface TimeLimit {
  readonly limitMs: number;
  readonly waits: Pick<WaitWatch, "totalMs">;
  /** What is wrong when it is over. */
  readonly text: string;
  onOver(error: StepError): void;
}

/**
 * Calls once when the time is over that is allowed. What an attempt that starves has waited for others is given back to it, but no more than twice its limit in all: on
 * a machine that is busy or slow, one that needs most of its budget would be ended again and again, and never come to its end.
 */
export function limitTime({ limitMs, waits, text, onOver }: TimeLimit): Disposable {
  const startedAt = performance.now();
  const look = () => {
    const passedMs = performance.now() - startedAt;
    const waitedMs = waits.totalMs();
    const givenBackMs = isStarved(limitMs, waitedMs) ? Math.min(waitedMs, limitMs, mostGivenBackMs) : 0;
    const leftMs = limitMs + givenBackMs - passedMs;
    if (leftMs <= 0) onOver(lateError(text, limitMs, waitedMs));
    else timer = setTimeout(look, leftMs);
  };
  let timer = setTimeout(look, limitMs);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

function isStarved(limitMs: number, waitedMs: number): boolean {
  return waitedMs >= limitMs * starvedShare;
}

/**
 * Whose fault it is that something took longer than a limit: that is asked of every limit of wall time.
 *
 * @param waitedMs how long it could not go on for reasons that are not its own.
 */
export function lateError(text: string, limitMs: number, waitedMs: number): StepError {
  if (!isStarved(limitMs, waitedMs)) return new StepError("time-budget-exceeded", text);
  return new StepError(
    "starved",
    `${text}; ${Math.round(waitedMs)} ms of it it waited for a core, a disk or storage`,
  );
}

/** What is said of an attempt that took too long. */
export function overBudget({
  name,
  budget,
}: {
  readonly name: string;
  readonly budget: { readonly timeMs: number };
}): string {
  return `${name} ran longer than its budget of ${budget.timeMs} ms`;
}
