import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { ApiError, invalid } from "./api-error.ts";
import type { BlobWriter } from "./blobs.ts";

const jsonMaxBytes = 1024 * 1024;

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

/** The length of a body as its header announces it; undefined when it comes in chunks. */
export function readAnnouncedBytes(request: IncomingMessage): number | undefined {
  const header = request.headers["content-length"];
  return header === undefined ? undefined : Number(header);
}

/** Reads a small JSON body; undefined when it is empty. Throws a 400 when it is not JSON or over 1 MiB. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of readBody(request)) {
    sizeBytes += chunk.length;
    if (sizeBytes > jsonMaxBytes) throw invalid(`Expected at most ${jsonMaxBytes} bytes of JSON`);
    chunks.push(chunk);
  }
  return sizeBytes === 0 ? undefined : parseJson(Buffer.concat(chunks).toString("utf8"));
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

const partHead = z.object({ boundary: z.string().min(1).max(200) });

/** The two parts of a `multipart/related` upload: the resource as text, and the media as it comes. */
export type MultipartUpload = { resource: unknown; mediaType: string | undefined; media: Body };

/**
 * Reads the head of a `multipart/related` body, and streams its media part. The media ends where the body ends, less
 * the closing boundary, so its bytes need no search. Throws a 400 when the body is not of that form.
 */
export async function readMultipart(request: IncomingMessage): Promise<MultipartUpload> {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/.exec(request.headers["content-type"] ?? "");
  const parsed = partHead.safeParse({ boundary: boundary?.[1] ?? boundary?.[2] });
  if (!parsed.success) throw invalid("Expected multipart/related with a boundary");
  const chunks = readBody(request);
  const delimiter = `--${parsed.data.boundary}`;
  const { resource, mediaType, rest } = await readHead(chunks, delimiter);
  return { resource, mediaType, media: readMedia(chunks, rest, delimiter) };
}

async function readHead(chunks: AsyncIterator<Buffer>, delimiter: string) {
  let head: Buffer = Buffer.alloc(0);
  for (;;) {
    const found = parseHead(head, delimiter);
    if (found) return found;
    if (head.length > jsonMaxBytes) throw invalid("Expected the metadata part within 1 MiB");
    const next = await chunks.next();
    if (next.done) throw invalid("Malformed multipart body");
    head = Buffer.concat([head, next.value]);
  }
}

/** Finds the metadata part and the start of the media part; undefined while they have not come whole. */
function parseHead(head: Buffer, delimiter: string) {
  const jsonAt = head.indexOf("\r\n\r\n");
  const jsonEnd = jsonAt < 0 ? -1 : head.indexOf(`\r\n${delimiter}`, jsonAt + 4);
  const mediaHeadEnd = jsonEnd < 0 ? -1 : head.indexOf("\r\n\r\n", jsonEnd + 2);
  if (mediaHeadEnd < 0) return undefined;
  const text = head.toString("utf8", jsonAt + 4, jsonEnd);
  const mediaHead = head.toString("latin1", jsonEnd, mediaHeadEnd);
  return {
    resource: parseJson(text),
    mediaType: /^content-type:\s*(.+?)\s*$/im.exec(mediaHead)?.[1],
    rest: head.subarray(mediaHeadEnd + 4),
  };
}

async function* readMedia(chunks: AsyncIterator<Buffer>, first: Buffer, delimiter: string): Body {
  const closing = `\r\n${delimiter}--`;
  // The closing boundary may be followed by a line end: that much of the end is held back.
  const heldBytes = closing.length + 2;
  let held = first;
  for (;;) {
    const next = await chunks.next();
    if (next.done) break;
    const chunk = next.value;
    if (chunk.length > heldBytes) {
      if (held.length > 0) yield held;
      yield chunk.subarray(0, chunk.length - heldBytes);
      held = chunk.subarray(chunk.length - heldBytes);
    } else {
      held = Buffer.concat([held, chunk]);
    }
  }
  const at = held.lastIndexOf(closing);
  if (at < 0) throw invalid("Malformed multipart body: expected a closing boundary");
  yield held.subarray(0, at);
}
