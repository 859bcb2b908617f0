import type { FastifyReply, FastifyRequest } from "fastify";
import { isCompressible } from "./compress.ts";
import { isFresh, isUnexpected, type Validators } from "./conditions.ts";
import { ProblemError } from "./problem-error.ts";

/** Of what is answered, the part that every answer about it has. */
export interface Representation {
  readonly validators: Validators;
  readonly contentType: string;
  readonly cacheControl: string;
}

/**
 * Writes the headers that tell of a representation, and looks at the request's conditions (RFC 9110, 13.2.2).
 *
 * @returns whether the client has it already: then 304 is the answer.
 * @throws {ProblemError} `precondition-failed`.
 */
export function meetConditions(
  { headers }: Pick<FastifyRequest, "headers">,
  reply: FastifyReply,
  { validators, contentType, cacheControl }: Representation,
): boolean {
  const { etag, lastModified } = validators;
  if (isUnexpected(headers, validators)) throw new ProblemError("precondition-failed", `it is ${etag} now`);
  reply.headers({
    etag,
    ...(lastModified ? { "last-modified": lastModified.toUTCString() } : {}),
    "cache-control": cacheControl,
    ...(isCompressible(contentType) ? { vary: "accept-encoding" } : {}),
  });
  return isFresh(headers, validators);
}

/** What is sent in several encodings has one tag for all of them, which is a weak one then. */
export function etagOf(contentType: string, ...parts: readonly (string | number)[]): string {
  const etag = `"${parts.join(".")}"`;
  return isCompressible(contentType) ? `W/${etag}` : etag;
}
