import type { FastifyReply, FastifyRequest } from "fastify";
import { ProblemError } from "./problem-error.ts";

/** Masters that are being taken in by this instance: each holds memory and two connections. */
export interface UploadSlots {
  readonly limit: number;
  /** @returns what gives the slot back, once however often it is called; undefined when all are taken. */
  take(): (() => void) | undefined;
}

export function createUploadSlots(limit: number): UploadSlots {
  let taken = 0;
  return {
    limit,
    take() {
      if (taken >= limit) return undefined;
      taken += 1;
      let held = true;
      return () => {
        if (held) taken -= 1;
        held = false;
      };
    },
  };
}

/**
 * Refuses a submission before its body is read, when this instance takes in as many as it may. How many tracks wait to
 * be worked on is no reason to refuse one: the queue holds them, and they cost this instance nothing.
 */
export function limitUploads({ uploadSlots }: { readonly uploadSlots: UploadSlots }) {
  return async (_request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const free = uploadSlots.take();
    if (free === undefined) {
      const detail = `expected fewer than ${uploadSlots.limit} submissions that are being taken in`;
      throw new ProblemError("too-many-uploads", detail);
    }
    // Comes after the answer, and when the client goes away without one.
    reply.raw.once("close", free);
  };
}
