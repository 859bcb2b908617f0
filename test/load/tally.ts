import { ApiRefusal, NoAnswer } from "@segue/client";

/** What a phase of a run has come to, as its clients saw it. */
export interface Tally {
  /** Requests that were sent, whatever has become of them. */
  attempts: number;
  accepted: number;
  /** How long each request took that was answered with 202, in ms. */
  readonly latenciesMs: number[];
  /** Requests that were answered otherwise, or not at all, by what came. */
  readonly others: Map<string, number>;
  elapsedMs: number;
}

export function createTally(): Tally {
  return { attempts: 0, accepted: 0, latenciesMs: [], others: new Map(), elapsedMs: 0 };
}

/** @param gaveUp the client has not waited for an answer. */
export function countFailure(tally: Tally, error: unknown, gaveUp: boolean): void {
  const what = gaveUp ? "given up by its client" : nameFailure(error);
  tally.others.set(what, (tally.others.get(what) ?? 0) + 1);
}

function nameFailure(error: unknown): string {
  if (error instanceof ApiRefusal) return `${error.status} ${error.code}`;
  return error instanceof NoAnswer ? "no answer" : "an unexpected answer";
}

/** The value that so large a share of all is not above, of values in any order; 0 where there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
