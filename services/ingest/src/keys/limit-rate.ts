import type { FastifyReply } from "fastify";
import type { Caller } from "../caller.ts";
import { ProblemError } from "../problem-error.ts";

interface Bucket {
  tokens: number;
  at: number;
}

/** How much a key may send at once where nobody has said so: what comes in two seconds, and one at least. */
export function burstOf(requestsPerSec: number, burst: number | null): number {
  return burst ?? Math.max(1, Math.ceil(2 * requestsPerSec));
}

/**
 * Lets requests of a family of keys through as they come, `burst` at once and `requestsPerSec` for long (a bucket of tokens), in this process: behind a load
 * balancer with n instances up to n times as many. It shields the instance; what has to be exact is a quota.
 */
export function createRateLimit(clock: () => number = () => performance.now()) {
  const buckets = new Map<string, Bucket>();
  return {
    /** Takes one, and tells of it (draft-ietf-httpapi-ratelimit-headers). @throws {ProblemError} `rate-limited`. */
    take({ family, limits }: Caller, reply: FastifyReply): void {
      const { requestsPerSec: perSec, burst } = limits;
      if (perSec === null) return;
      const most = burstOf(perSec, burst);
      const now = clock();
      const bucket = buckets.get(family) ?? { tokens: most, at: now };
      bucket.tokens = Math.min(most, bucket.tokens + ((now - bucket.at) / 1_000) * perSec);
      bucket.at = now;
      buckets.set(family, bucket);
      const isThere = bucket.tokens >= 1;
      if (isThere) bucket.tokens -= 1;
      const untilFull = Math.ceil((most - bucket.tokens) / perSec);
      reply.headers({
        "ratelimit-policy": `"requests";q=${most};w=${Math.max(1, Math.ceil(most / perSec))}`,
        ratelimit: `"requests";r=${Math.floor(bucket.tokens)};t=${untilFull}`,
      });
      if (isThere) return;
      const waitSec = Math.max(1, Math.ceil((1 - bucket.tokens) / perSec));
      throw new ProblemError(
        "rate-limited",
        `expected at most ${perSec} requests per second, ${most} at once`,
        {
          headers: { "retry-after": String(waitSec) },
        },
      );
    },
  };
}
export type RateLimit = ReturnType<typeof createRateLimit>;
