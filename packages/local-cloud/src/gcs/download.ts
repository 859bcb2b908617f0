import { once } from "node:events";
import { type FileHandle, open } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { parse } from "range-parser";
import { ApiError } from "./api-error.ts";
import type { StoredObject } from "./objects.ts";
import { formatEtag } from "./resources.ts";
import type { Call } from "./server-state.ts";

const chunkBytes = 512 * 1024;

/** Bytes `start` to `end`, `end` excluded. */
type Span = { start: number; end: number };

/** The bit that the parser sets for ranges that are none. */
const malformed = 1;

/** Reads a `Range` header. Undefined: send everything. Throws 416 when no byte is in it. */
export function parseRange(header: string | undefined, sizeBytes: number): Span | undefined {
  // A malformed range, and several ranges, are ignored, as RFC 9110 allows.
  if (header === undefined || header.includes(",")) return undefined;
  const { code, type, ranges } = parse(sizeBytes, header);
  if (type !== "bytes" || (code & malformed) !== 0) return undefined;
  const [range] = ranges;
  if (!range) throw new ApiError(416, "requestedRangeNotSatisfiable", "Request range not satisfiable");
  return { start: range.start, end: range.end + 1 };
}

/** Headers as Cloud Storage sends them: in UTF-8 bytes, without what would end or spoil them. Those that are not said are left out. */
function toHeaders(said: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(said).flatMap(([name, text]) => {
      if (text === undefined) return [];
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go.
      const plain = text.toWellFormed().replace(/[\u0000-\u001f\u007f]/g, "");
      return [[name, Buffer.from(plain).toString("latin1")]];
    }),
  );
}

function describe(object: StoredObject): Record<string, string | undefined> {
  const { fields, md5, crc32c } = object;
  const custom = Object.entries(fields.metadata ?? {}).map(([key, value]) => [
    `x-goog-meta-${key}`,
    // A header can't hold every character that a value can.
    value.toWellFormed().replace(/[^\x20-\x7e]/gu, (char) => encodeURIComponent(char)),
  ]);
  return {
    "accept-ranges": "bytes",
    "content-type": fields.contentType ?? "application/octet-stream",
    etag: `"${formatEtag(object)}"`,
    "last-modified": new Date(object.updatedMs).toUTCString(),
    "x-goog-generation": String(object.generation),
    "x-goog-metageneration": String(object.metageneration),
    "x-goog-hash": md5 === null ? `crc32c=${crc32c}` : `crc32c=${crc32c},md5=${md5}`,
    "x-goog-storage-class": fields.storageClass ?? "STANDARD",
    "x-goog-stored-content-encoding": fields.contentEncoding ?? "identity",
    "x-goog-stored-content-length": String(object.sizeBytes),
    "cache-control": fields.cacheControl,
    "content-disposition": fields.contentDisposition,
    "content-language": fields.contentLanguage,
    ...Object.fromEntries(custom.filter(([name]) => /^[\w!#$%&'*+.^`|~-]+$/.test(name ?? ""))),
  };
}

/** A part of an object's bytes, in a file of their own. */
type OpenPart = { readonly file: FileHandle; readonly span: Span };

/**
 * Opens the files that hold a span of a blob's bytes. From here on the object may be deleted: open files stay.
 *
 * @returns the files with the span within each.
 */
async function openParts(paths: readonly string[], { start, end }: Span): Promise<OpenPart[]> {
  const parts: OpenPart[] = [];
  try {
    let position = 0;
    for (const path of paths) {
      if (position >= end && parts.length > 0) break;
      const file = await open(path, "r");
      const sizeBytes = paths.length === 1 ? end : (await file.stat()).size;
      const span = { start: Math.max(0, start - position), end: Math.min(sizeBytes, end - position) };
      position += sizeBytes;
      if (span.start < span.end || paths.length === 1) parts.push({ file, span });
      else await file.close();
    }
    return parts;
  } catch (error) {
    await closeParts(parts);
    throw error;
  }
}

async function closeParts(parts: readonly OpenPart[]): Promise<void> {
  await Promise.all(parts.map(({ file }) => file.close()));
}

/** Sends part of a file through two buffers in turn: one is read into while the other is being sent. */
async function sendPart({ file, span: { start, end } }: OpenPart, response: ServerResponse): Promise<void> {
  const size = Math.min(chunkBytes, end - start);
  const buffers = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)];
  const sent: Promise<void>[] = [Promise.resolve(), Promise.resolve()];
  for (let position = start, turn = 0; position < end; turn = 1 - turn) {
    await sent[turn];
    const buffer = buffers[turn];
    if (!buffer) break;
    const { bytesRead } = await file.read(buffer, 0, Math.min(size, end - position), position);
    if (bytesRead === 0) throw new Error(`expected ${end - position} more bytes in a stored object`);
    position += bytesRead;
    const writing = new Promise<void>((resolve, reject) => {
      response.write(buffer.subarray(0, bytesRead), (error) => (error ? reject(error) : resolve()));
    });
    // The rejection is seen at the turn after next, or below.
    writing.catch(() => {});
    sent[turn] = writing;
  }
  await Promise.all(sent);
}

async function sendDecompressed(parts: readonly OpenPart[], response: ServerResponse): Promise<void> {
  const bytes = async function* () {
    for (const { file } of parts) yield* file.createReadStream({ autoClose: false });
  };
  await pipeline(bytes, createGunzip(), response);
}

/** Sends an object's bytes, or the range of them that was asked for; only the head for HEAD. */
export async function sendMedia({ state, request, response }: Call, object: StoredObject): Promise<void> {
  const headers = describe(object);
  const gzipped = object.fields.contentEncoding === "gzip";
  const decompress = gzipped && !/\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  if (!decompress) headers["content-encoding"] = object.fields.contentEncoding;
  const range = decompress ? undefined : parseRange(request.headers.range, object.sizeBytes);
  const span = range ?? { start: 0, end: object.sizeBytes };
  if (!decompress) headers["content-length"] = String(span.end - span.start);
  if (range) headers["content-range"] = `bytes ${span.start}-${span.end - 1}/${object.sizeBytes}`;
  const parts = await openParts(state.blobs.parts(object.blob), span);
  try {
    response.writeHead(range ? 206 : 200, toHeaders(headers));
    if (request.method === "HEAD") response.end();
    else if (decompress) await sendDecompressed(parts, response);
    else {
      for (const part of parts) await sendPart(part, response);
      response.end();
    }
    if (!response.writableFinished) await once(response, "close");
  } finally {
    await closeParts(parts);
  }
}
