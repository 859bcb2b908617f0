import { truncate } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { answer } from "./answer.ts";
import { ApiError, invalid } from "./api-error.ts";
import { BlobWriter, digestFile } from "./blobs.ts";
import { createDigests } from "./checksum.ts";
import { publishObject } from "./publish-object.ts";
import { type Body, readBody, receiveInto } from "./receive.ts";
import { toObjectResource } from "./resources.ts";
import type { Call, ServerState } from "./server-state.ts";
import { checkDigests, checkSize, checkUpload, parseHashHeader } from "./store-object.ts";
import type { ExpectedBytes, Upload } from "./upload.ts";
import type { SessionProgress, UploadSession } from "./upload-sessions.ts";

/** Of what came in a request that is not the last one, Cloud Storage keeps whole pieces of this size. */
const pieceBytes = 256 * 1024;

/** What a `Content-Range` of an upload says. `total` is undefined while the client does not know it. */
type ContentRange = { start: number | undefined; total: number | undefined };

function parseContentRange(header: string | undefined): ContentRange {
  if (header === undefined) return { start: 0, total: undefined };
  const match = /^bytes (?:\*|(\d+)-(?:\d+|\*))\/(?:(\d+)|\*)$/.exec(header);
  if (!match) throw invalid(`Invalid Content-Range: ${header}`);
  const toNumber = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  return { start: toNumber(match[1]), total: toNumber(match[2]) };
}

/** True when the request's bytes are the last ones: its range says so, or it is one request for the whole object. */
function isLast(header: string | undefined, range: ContentRange, sizeBytes: number): boolean {
  if (header === undefined) return true;
  if (range.total !== undefined) return sizeBytes === range.total;
  // `bytes 0-*/*` is a stream of unknown length that ends with this request.
  return /-\*\/\*$/.test(header);
}

/** Opens a session and answers with its URL. A size that is announced is the only one that will do. */
export function startSession({ state, request, response }: Call, given: Upload, path: string): void {
  const upload = { ...given, expected: { ...given.expected, ...readAnnouncedSize(request.headers) } };
  checkUpload(state, upload);
  const id = state.sessions.create(upload, state.now(), request.headers.origin);
  const location = `${state.url()}${path}?uploadType=resumable&name=${encodeURIComponent(upload.name)}&upload_id=${id}`;
  response.writeHead(200, { location, "x-guploader-uploadid": id, "content-length": 0 }).end();
}

function readAnnouncedSize({ "x-upload-content-length": header }: IncomingHttpHeaders): ExpectedBytes {
  if (header === undefined) return {};
  if (!/^\d{1,15}$/.test(String(header))) throw invalid(`Invalid X-Upload-Content-Length: ${header}`);
  return { minBytes: Number(header), maxBytes: Number(header) };
}

async function restoreProgress(state: ServerState, session: UploadSession): Promise<SessionProgress> {
  const sizeBytes = state.blobs.incomingSizeBytes(session.blob);
  const known = state.sessions.progress(session.id);
  if (known?.sizeBytes === sizeBytes) return known;
  // Another process wrote these bytes, or a write failed halfway: the file is what counts.
  const digests = createDigests();
  if (sizeBytes > 0) await digestFile(state.blobs.incomingPath(session.blob), digests);
  return { digests, sizeBytes };
}

/** Skips the bytes that an earlier request brought already. Throws a 400 for more than there may be. */
async function* skipBytes(body: Body, count: number, { maxBytes = Number.MAX_VALUE }: ExpectedBytes): Body {
  let toSkip = count;
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw tooMany(maxBytes);
    if (toSkip < chunk.length) yield toSkip === 0 ? chunk : chunk.subarray(toSkip);
    toSkip = Math.max(0, toSkip - chunk.length);
  }
}

const tooMany = (maxBytes: number) => invalid(`Expected at most ${maxBytes} bytes, as was announced`);

/** Keeps of what has come whole pieces. */
async function keepPieces({ state }: Call, { id, blob }: UploadSession): Promise<number> {
  const sizeBytes = state.blobs.incomingSizeBytes(blob);
  const kept = sizeBytes - (sizeBytes % pieceBytes);
  if (kept < sizeBytes) {
    await truncate(state.blobs.incomingPath(blob), kept);
    state.sessions.forgetProgress(id);
  }
  return kept;
}

async function append(call: Call, session: UploadSession, start: number): Promise<SessionProgress> {
  const { state, request } = call;
  const progress = await restoreProgress(state, session);
  if (start > progress.sizeBytes) {
    throw invalid(`Content-Range starts at ${start}, but only ${progress.sizeBytes} bytes have come`);
  }
  const { maxBytes = Number.MAX_VALUE } = session.upload.expected;
  if (start + Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooMany(maxBytes);
  const left = { maxBytes: maxBytes - start };
  const writer = await BlobWriter.open(
    state.blobs.incomingPath(session.blob),
    progress.digests,
    progress.sizeBytes,
  );
  try {
    await receiveInto(writer, skipBytes(readBody(request), progress.sizeBytes - start, left));
    state.sessions.saveProgress(session.id, { digests: progress.digests, sizeBytes: writer.sizeBytes });
  } catch (error) {
    // What came before the cut stays, and the client goes on from there.
    state.sessions.forgetProgress(session.id);
    await keepPieces(call, session);
    throw error;
  }
  return { digests: progress.digests, sizeBytes: writer.sizeBytes };
}

/** 308, which some proxies take for a redirect: a client that asks gets it as a 200 that says what it stands for. */
function answerIncomplete({ request, response }: Call, sizeBytes: number): void {
  const range = sizeBytes > 0 ? { range: `bytes=0-${sizeBytes - 1}` } : {};
  const headers = { ...range, "content-length": 0 };
  if (request.headers["x-guploader-no-308"] === "yes") {
    response.writeHead(200, { ...headers, "x-http-status-code-override": "308" }).end();
    return;
  }
  response.writeHead(308, headers).end();
}

function finishSession(call: Call, session: UploadSession, progress: SessionProgress): void {
  const { state, request } = call;
  const { upload, blob } = session;
  const { bucket, name, fields, conditions, expected } = upload;
  const { sizeBytes } = progress;
  const digests = progress.digests.finish();
  try {
    checkSize(sizeBytes, expected);
    checkDigests(digests, expected);
    checkDigests(digests, { crc32c: parseHashHeader(request.headers["x-goog-hash"]).crc32c });
    const object = publishObject(state, { bucket, name, blob, sizeBytes, digests, fields }, conditions);
    const resource = toObjectResource(object, state.url());
    state.sessions.finish(session.id, JSON.stringify(resource));
    answer(call, resource);
  } catch (error) {
    // What is refused is over; what the machine could not do, the client does again with the bytes that are here.
    if (error instanceof ApiError) {
      state.sessions.drop(session.id);
      state.blobs.discard(blob);
    }
    throw error;
  }
}

/** The resource of the object that a session became, even if the server was killed before it noted so. */
function findFinished(state: ServerState, session: UploadSession): string | undefined {
  if (session.finished !== undefined) return session.finished;
  const object = state.objects.findByBlob(session.blob);
  return object && JSON.stringify(toObjectResource(object, state.url()));
}

/** Takes more bytes of a session, or says how many have come, or finishes it. */
export async function continueSession(call: Call, id: string): Promise<void> {
  const { state, request } = call;
  await state.sessions.exclusively(id, request, async () => {
    const session = state.sessions.get(id, state.now());
    const finished = findFinished(state, session);
    if (finished !== undefined) {
      answer(call, JSON.parse(finished));
      return;
    }
    const header = request.headers["content-range"];
    const range = parseContentRange(header);
    checkTotal(range, session.upload.expected);
    const asksOnly = range.start === undefined && request.headers["content-length"] === "0";
    const progress = asksOnly
      ? await restoreProgress(state, session)
      : await append(call, session, range.start ?? 0);
    if (isLast(header, range, progress.sizeBytes)) finishSession(call, session, progress);
    else if (asksOnly) answerIncomplete(call, progress.sizeBytes);
    else answerIncomplete(call, await keepPieces(call, session));
  });
}

/** Throws a 400 for a request about an object of another size than was announced. */
function checkTotal({ total }: ContentRange, { minBytes = 0, maxBytes = Number.MAX_VALUE }: ExpectedBytes) {
  if (total === undefined || (total >= minBytes && total <= maxBytes)) return;
  throw invalid(`Invalid Content-Range: ${maxBytes} bytes were announced, not ${total}`);
}

/** Gives a session up. 499 is what Cloud Storage answers. */
export function cancelSession({ state, response }: Call, id: string): void {
  const session = state.sessions.get(id, state.now());
  state.sessions.drop(id);
  if (session.finished === undefined) state.blobs.remove(session.blob);
  response.writeHead(499, { "content-length": 0 }).end();
}
