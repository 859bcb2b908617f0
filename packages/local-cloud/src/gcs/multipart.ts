import type { IncomingMessage } from "node:http";
import { invalid } from "./api-error.ts";
import { type Body, jsonMaxBytes, parseJson, readBody } from "./receive.ts";

/** The two parts of a `multipart/related` upload: the resource, and the media as it comes. */
export type MultipartUpload = { resource: unknown; mediaType: string | undefined; media: Body };

/** How one client separates parts. Google's command line ends lines with a line feed alone. */
type Delimiting = { readonly delimiter: string; readonly lineEnd: "\r\n" | "\n" };

/**
 * The boundary of a `multipart` content type, as it may stand in the body. The command line writes it in single
 * quotes, which the grammar does not know: there they would be part of it.
 */
export function readBoundaries(contentType: string | undefined): string[] {
  const match = /^multipart\/[\w.-]+\s*;.*?\bboundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(
    contentType ?? "",
  );
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) throw invalid("Expected a multipart content type with a boundary");
  const unquoted = /^'(.+)'$/.exec(boundary)?.[1];
  return unquoted === undefined ? [boundary] : [boundary, unquoted];
}

/** How the body separates its parts, from its first line; undefined while that has not come whole. */
export function findDelimiting(head: Buffer, boundaries: readonly string[]): Delimiting | undefined {
  const start = /^(?:\r?\n)*/.exec(head.toString("latin1", 0, 8))?.[0].length ?? 0;
  const end = head.indexOf("\n", start);
  if (end < 0) return undefined;
  const line = head.toString("latin1", start, end);
  const lineEnd = line.endsWith("\r") ? "\r\n" : "\n";
  const delimiter = line.trimEnd();
  if (!boundaries.some((boundary) => delimiter === `--${boundary}`))
    throw invalid("Malformed multipart body: expected it to start with its boundary");
  return { delimiter, lineEnd };
}

/**
 * Reads the head of a `multipart/related` body, and streams its media part. The media ends where the body ends, less
 * the closing boundary, so its bytes need no search. Throws a 400 when the body is not of that form.
 */
export async function readMultipart(request: IncomingMessage): Promise<MultipartUpload> {
  const boundaries = readBoundaries(request.headers["content-type"]);
  const chunks = readBody(request);
  const { resource, mediaType, rest, delimiting } = await readHead(chunks, boundaries);
  return { resource, mediaType, media: readMedia(chunks, rest, delimiting) };
}

async function readHead(chunks: AsyncIterator<Buffer>, boundaries: readonly string[]) {
  let head: Buffer = Buffer.alloc(0);
  for (;;) {
    const delimiting = findDelimiting(head, boundaries);
    const found = delimiting && parseHead(head, delimiting);
    if (found) return { ...found, delimiting };
    if (head.length > jsonMaxBytes)
      throw invalid(`Metadata part is too large: expected it within ${jsonMaxBytes} bytes`);
    const next = await chunks.next();
    if (next.done) throw invalid("Malformed multipart body");
    head = Buffer.concat([head, next.value]);
  }
}

/** Finds the metadata part and the start of the media part; undefined while they have not come whole. */
function parseHead(head: Buffer, { delimiter, lineEnd }: Delimiting) {
  const blank = lineEnd + lineEnd;
  const jsonAt = head.indexOf(blank);
  const jsonEnd = jsonAt < 0 ? -1 : head.indexOf(lineEnd + delimiter, jsonAt + lineEnd.length);
  const mediaHeadEnd = jsonEnd < 0 ? -1 : head.indexOf(blank, jsonEnd + lineEnd.length);
  if (mediaHeadEnd < 0) return undefined;
  const text = head.toString("utf8", jsonAt + blank.length, jsonEnd);
  const mediaHead = head.toString("latin1", jsonEnd, mediaHeadEnd);
  return {
    resource: parseJson(text),
    mediaType: /^content-type:\s*(.+?)\s*$/im.exec(mediaHead)?.[1],
    rest: head.subarray(mediaHeadEnd + blank.length),
  };
}

async function* readMedia(
  chunks: AsyncIterator<Buffer>,
  first: Buffer,
  { delimiter, lineEnd }: Delimiting,
): Body {
  const closing = `${lineEnd}${delimiter}--`;
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
