import { StepError } from "@segue/contracts";
import type { WaitWatch } from "./watch-waits.ts";

/**
 * Share of its time: an attempt that has spent so much of it waiting for others is not to blame. One that has had all the
 * rest for itself and still is not done would need half as long again; on a quiet machine it is found out.
 */
const starvedShare = 0.3;
/** Limits that an attempt which starves may take in all. */
export const mostLimits = 3;

export interface TimeLimit {
  readonly limitMs: number;
  readonly waits: Pick<WaitWatch, "totalMs">;
  /** What is wrong when it is over. */
  readonly text: string;
  onOver(error: StepError): void;
}

/**
 * Calls once when the time is over that is allowed. What an attempt that starves has waited for others is given back to it: on a machine that is busy or slow,
 * one that needs most of its budget would be ended again and again, and never come to its end.
 */
export function limitTime({ limitMs, waits, text, onOver }: TimeLimit): Disposable {
  const startedAt = performance.now();
  const look = () => {
    const passedMs = performance.now() - startedAt;
    const waitedMs = waits.totalMs();
    const allowedMs = isStarved(passedMs, waitedMs) ? Math.min(limitMs + waitedMs, limitMs * mostLimits) : 0;
    if (passedMs >= allowedMs) onOver(lateError(text, passedMs, waitedMs));
    else timer = setTimeout(look, allowedMs - passedMs);
  };
  let timer = setTimeout(look, limitMs);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

function isStarved(passedMs: number, waitedMs: number): boolean {
  return waitedMs >= passedMs * starvedShare;
}

/**
 * Whose fault it is that something took longer than a limit: that is asked of every limit of wall time.
 *
 * @param passedMs how long it took.
 * @param waitedMs how long of that it could not go on for reasons that are not its own.
 */
export function lateError(text: string, passedMs: number, waitedMs: number): StepError {
  if (!isStarved(passedMs, waitedMs)) return new StepError("time-budget-exceeded", text);
  const waited = `${Math.round(waitedMs)} of ${Math.round(passedMs)} ms it waited for a core, a disk or storage`;
  return new StepError("starved", `${text}; ${waited}`);
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
