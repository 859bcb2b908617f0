import { useEffect, useRef } from "preact/hooks";
import { ApiProblem } from "../api/api-problem.ts";

const pauses = { firstMs: 2_000, longestMs: 60_000 };

/**
 * How long to rest before something is asked for again: twice as long each time, and never less than the API says.
 *
 * @param failures how often it has failed already, in a row. @returns undefined: it would fail again.
 */
export function restBefore(error: unknown, failures: number): number | undefined {
  if (!(error instanceof ApiProblem) || !error.mayPass) return undefined;
  const restMs = Math.min(pauses.longestMs, pauses.firstMs * 2 ** failures);
  return Math.max(restMs, error.retryAfterMs ?? 0);
}

/** What has failed for a reason that may pass is asked for again, so that nobody has to reload the page. @param error undefined: it was answered. */
export function useRetry(error: unknown, again: () => void): void {
  const failures = useRef(0);
  const latest = useRef(again);
  latest.current = again;
  useEffect(() => {
    if (error === undefined) failures.current = 0;
    const restMs = restBefore(error, failures.current);
    if (restMs === undefined) return;
    failures.current += 1;
    const timer = setTimeout(() => latest.current(), restMs);
    return () => clearTimeout(timer);
  }, [error]);
}
