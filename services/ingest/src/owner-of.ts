import type { FastifyRequest } from "fastify";
import { callerOf } from "./caller.ts";

/** Whose tracks a request is about: the one place where a route learns it. */
export function ownerOf(request: FastifyRequest): string {
  return callerOf(request).owner;
}
