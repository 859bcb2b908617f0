import { durationMs, type Subscription } from "./resources.ts";

/**
 * How long a message waits before its next delivery, in ms, after `failures` (>= 1) nacks and expired leases: the
 * minimum backoff doubled per further failure, at most the maximum. Without a retry policy redelivery is immediate,
 * as documented.
 */
export function backoffMs(policy: Subscription["retryPolicy"], failures: number): number {
  if (!policy?.minimumBackoff || !policy.maximumBackoff) return 0;
  const doubled = durationMs(policy.minimumBackoff) * 2 ** Math.min(failures - 1, 30);
  return Math.min(doubled, durationMs(policy.maximumBackoff));
}
