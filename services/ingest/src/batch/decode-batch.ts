import { Readable } from "node:stream";
import { maxBatchBytes } from "@segue/contracts";
import { IntakeError } from "@segue/intake";
import { decodeCoded, requireEncoding } from "../input/decode-coded.ts";
import { ProblemError } from "../problem-error.ts";

/**
 * Takes the content coding off a batch's body: of lines that are much alike, a tenth is left to send.
 *
 * @returns at most `maxBatchBytes`.
 * @throws {ProblemError} `unsupported-media-type` for a coding that can't be taken off, `request-too-large` where more comes out, and
 * `invalid-request` for bytes that are not so encoded.
 */
export async function decodeBatch(body: Buffer, contentEncoding: string | undefined): Promise<Buffer> {
  const decoded = decodeCoded(Readable.from([body]), requireEncoding(contentEncoding));
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
