import type { FastifyRequest } from "fastify";
import { callerOf, keyless } from "./caller.ts";

/** Whose tracks a request is about: the one place where a route learns it. */
export function ownerOf(request: FastifyRequest): string {
  return callerOf(request).owner;
}

/** Whose share of this instance a request takes; undefined where requests have no keys: nobody is told apart then. */
export function sharerOf(request: FastifyRequest): string | undefined {
  const { keyId, owner } = callerOf(request);
  return keyId === keyless ? undefined : owner;
}
