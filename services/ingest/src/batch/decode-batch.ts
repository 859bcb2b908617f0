import { Readable } from "node:stream";
import { maxBatchBytes } from "@segue/contracts";
import { decodeBody, IntakeError, knownEncodings, readEncoding } from "@segue/intake";
import { ProblemError } from "../problem-error.ts";

/**
 * Takes the content coding off a batch's body: of lines that are much alike, a tenth is left to send.
 *
 * @returns at most `maxBatchBytes`.
 * @throws {ProblemError} `unsupported-media-type` for a coding that can't be taken off, `request-too-large` where more comes out, and
 * `invalid-request` for bytes that are not so encoded.
 */
export async function decodeBatch(body: Buffer, contentEncoding: string | undefined): Promise<Buffer> {
  const encoding = readEncoding(contentEncoding);
  if (encoding === undefined) {
    const message = `content-encoding: expected ${knownEncodings}, got ${contentEncoding}`;
    throw new ProblemError("unsupported-media-type", message);
  }
  const decoded = decodeBody(Readable.from([body]), encoding, (cause) => {
    const message = `content-encoding: expected a whole body in ${encoding}, got something else (${cause.message})`;
    return new IntakeError("undecodable", message, { cause });
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of decoded.body) {
      bytes += chunk.length;
      if (bytes > maxBatchBytes)
        throw new ProblemError(
          "request-too-large",
          `body: expected at most ${maxBatchBytes} bytes when decoded, got more`,
        );
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof IntakeError
      ? new ProblemError("invalid-request", error.message, { cause: error })
      : error;
  } finally {
    decoded.end();
  }
  return Buffer.concat(chunks);
}
