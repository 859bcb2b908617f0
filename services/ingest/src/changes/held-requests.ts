import type { FastifyReply } from "fastify";
import { ProblemError } from "../problem-error.ts";

/** Requests that are held open until something happens: each holds a connection, and little else. */
export interface HeldRequests {
  /**
   * Counts a request until its connection has no more use for it.
   *
   * @returns aborts when the client has gone, or the API drains: then the answer ends.
   * @throws {ProblemError} `too-many-streams`.
   */
  hold(reply: FastifyReply): AbortSignal;
  /** Whether it was: how long it took says nothing of the API. */
  wasHeld(reply: FastifyReply): boolean;
  count(): number;
  /** Ends all, and holds none from now on: each is answered with what there is. */
  end(): void;
}

export function createHeldRequests(limit: number): HeldRequests {
  const known = new WeakSet<FastifyReply>();
  const open = new Set<AbortController>();
  let isEnding = false;
  return {
    hold(reply) {
      if (open.size >= limit) {
        const detail = `expected fewer than ${limit} requests that wait for something to happen`;
        throw new ProblemError("too-many-streams", detail);
      }
      const gone = new AbortController();
      open.add(gone);
      known.add(reply);
      if (isEnding) gone.abort();
      // Comes after the answer, and when the client goes away without one.
      reply.raw.once("close", () => {
        open.delete(gone);
        gone.abort();
      });
      return gone.signal;
    },
    wasHeld: (reply) => known.has(reply),
    count: () => open.size,
    end() {
      isEnding = true;
      for (const gone of open) gone.abort();
    },
  };
}
