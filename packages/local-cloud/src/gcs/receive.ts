import type { IncomingMessage } from "node:http";
import { ApiError, invalid } from "./api-error.ts";
import type { BlobWriter } from "./blobs.ts";

/** How much a body that is not media may hold. */
export const jsonMaxBytes = 1024 * 1024;

/** Bytes of a request as they come. Ends with an error when the client goes away before the last one. */
export type Body = AsyncIterable<Buffer>;

/** The bytes of a request. Leaving them halfway keeps the connection, so that an error can still be answered. */
export function readBody(request: IncomingMessage): AsyncIterableIterator<Buffer> {
  return request.iterator({ destroyOnReturn: false });
}

/** Drops what is left of a body, so that the next request on the connection can be read. */
export function discardBody(request: IncomingMessage): void {
  if (request.readableEnded || request.destroyed) return;
  // An iterator that was left halfway still listens, and a stream that is listened to so does not flow.
  request.removeAllListeners("readable");
  request.resume();
}

/** Reads a small body whole. Throws a 400 when it is over `maxBytes`. */
export async function readText(request: IncomingMessage, maxBytes = jsonMaxBytes): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of readBody(request)) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw invalid(`Expected a body of at most ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Reads a small JSON body; undefined when it is empty. Throws a 400 when it is not JSON or over 1 MiB. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readText(request);
  return text === "" ? undefined : parseJson(text);
}

/** Parses JSON. Throws a 400 when it is not. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, "parseError", "Parse Error: expected JSON");
  }
}

/** Writes a body into a blob. The writer is closed either way; what was written before an error stays in the file. */
export async function receiveInto(writer: BlobWriter, body: Body): Promise<void> {
  try {
    for await (const chunk of body) {
      const full = writer.write(chunk);
      if (full) await full;
    }
  } finally {
    await writer.close();
  }
}
