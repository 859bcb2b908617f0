import type { FastifyReply, FastifyRequest } from "fastify";
import type { ApiContext } from "./api-context.ts";
import { ProblemError } from "./problem-error.ts";

/** Long enough for tracks to end and for the count to be taken again. */
const retryAfterSec = 5;

/** Refuses a submission before its body is read, when too many tracks are under way. */
export function refuseWhenFull(context: ApiContext) {
  return async (_request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { openTracks } = context;
    if (!openTracks.isFull()) return;
    reply.header("retry-after", String(retryAfterSec));
    const detail = `expected fewer than ${openTracks.limit} tracks under way`;
    throw new ProblemError("too-many-open-tracks", detail);
  };
}
