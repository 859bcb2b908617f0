import type { Readable } from "node:stream";
import { decodeBody, type Encoding, IntakeError, knownEncodings, readEncoding } from "@segue/intake";
import { ProblemError } from "../problem-error.ts";

/** The content coding that a request names. @throws {ProblemError} `unsupported-media-type` for one that can't be taken off. */
export function requireEncoding(header: string | undefined): Encoding {
  const encoding = readEncoding(header);
  if (encoding !== undefined) return encoding;
  const message = `content-encoding: expected ${knownEncodings}, got ${header}`;
  throw new ProblemError("unsupported-media-type", message);
}

/** Takes a content coding off a request's bytes as they stream by (`decodeBody`); those that are not so encoded make it fail, in words. */
export function decodeCoded(source: Readable, encoding: Encoding): ReturnType<typeof decodeBody> {
  return decodeBody(source, encoding, (cause) => {
    const message = `content-encoding: expected a whole body in ${encoding}, got something else (${cause.message})`;
    return new IntakeError("undecodable", message, { cause });
  });
}
