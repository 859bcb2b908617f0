import { defaultOwner } from "@segue/contracts";
import type { FastifyRequest } from "fastify";

/** Whose request it is: what it makes is theirs, and what others have made is not there for it. */
export function ownerOf(_request: FastifyRequest): string {
  return defaultOwner;
}
