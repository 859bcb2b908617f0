import type { FastifyReply, FastifyRequest } from "fastify";
import { sharerOf } from "./owner-of.ts";
import { ProblemError } from "./problem-error.ts";
import { createOwnersShares } from "./shares.ts";

/** Masters that are being taken in by this instance: each holds memory and two connections. */
export interface UploadSlots {
  /**
   * @param owner undefined where the API asks for no keys: then nobody is told apart.
   * @returns what gives the slot back, once however often it is called.
   * @throws {ProblemError} `too-many-uploads` when all are taken, or all that this owner may have.
   */
  take(owner: string | undefined): () => void;
}

export function createUploadSlots(limit: number): UploadSlots {
  const refuse = (detail: string) => new ProblemError("too-many-uploads", detail);
  const owners = createOwnersShares(limit, (most) =>
    refuse(`expected fewer than ${most} submissions of one owner that are being taken in`),
  );
  return {
    take(owner) {
      if (owners.count() >= limit)
        throw refuse(`expected fewer than ${limit} submissions that are being taken in`);
      return owners.take(owner);
    },
  };
}

/**
 * Refuses a submission before its body is read, when this instance takes in as many as it may. How many tracks wait to
 * be worked on is no reason to refuse one: the queue holds them, and they cost this instance nothing.
 */
export function limitUploads({ uploadSlots }: { readonly uploadSlots: UploadSlots }) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    // Comes after the answer, and when the client goes away without one.
    reply.raw.once("close", uploadSlots.take(sharerOf(request)));
  };
}
