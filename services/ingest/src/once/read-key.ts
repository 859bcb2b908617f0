import type { IncomingMessage } from "node:http";
import { ProblemError } from "../problem-error.ts";

const form = /^[\x21\x23-\x7e]{1,255}$/;

/**
 * The `Idempotency-Key` of a request: 1 to 255 visible ASCII characters other than `"`, bare or, as the IETF's draft has
 * it, as a string in quotes; both are the same key.
 *
 * @returns undefined where there is none. @throws {ProblemError} `invalid-request`.
 */
export function readKey({ headersDistinct }: Pick<IncomingMessage, "headersDistinct">): string | undefined {
  const [header, second] = headersDistinct["idempotency-key"] ?? [];
  if (header === undefined) return undefined;
  const key = header.trim().replace(/^"(.*)"$/, "$1");
  if (second === undefined && form.test(key)) return key;
  const came = second === undefined ? `${key.length} characters, or others` : "several headers";
  throw new ProblemError(
    "invalid-request",
    `Idempotency-Key: expected 1 to 255 visible ASCII characters without quotes inside, got ${came}`,
  );
}
