import { answer } from "./answer.ts";
import { ApiError, invalid } from "./api-error.ts";
import { BlobWriter, digestFile } from "./blobs.ts";
import { createDigests } from "./checksum.ts";
import { publishObject } from "./publish-object.ts";
import { type Body, readBody, receiveInto } from "./receive.ts";
import { toObjectResource } from "./resources.ts";
import type { Call, ServerState } from "./server-state.ts";
import { checkDigests, checkSize, checkUpload, parseHashHeader } from "./store-object.ts";
import type { Upload } from "./upload.ts";
import type { SessionProgress, UploadSession } from "./upload-sessions.ts";

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

/** Opens a session and answers with its URL. */
export function startSession({ state, response }: Call, upload: Upload, path: string): void {
  checkUpload(state, upload);
  const id = state.sessions.create(upload, state.now());
  const location = `${state.url()}${path}?uploadType=resumable&name=${encodeURIComponent(upload.name)}&upload_id=${id}`;
  response.writeHead(200, { location, "x-guploader-uploadid": id, "content-length": 0 }).end();
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

/** Skips the bytes that an earlier request brought already. */
async function* skipBytes(body: Body, count: number): Body {
  let toSkip = count;
  for await (const chunk of body) {
    if (toSkip < chunk.length) yield toSkip === 0 ? chunk : chunk.subarray(toSkip);
    toSkip = Math.max(0, toSkip - chunk.length);
  }
}

async function append(call: Call, session: UploadSession, start: number): Promise<SessionProgress> {
  const { state, request } = call;
  const progress = await restoreProgress(state, session);
  if (start > progress.sizeBytes) {
    throw invalid(`Content-Range starts at ${start}, but only ${progress.sizeBytes} bytes have come`);
  }
  const writer = await BlobWriter.open(
    state.blobs.incomingPath(session.blob),
    progress.digests,
    progress.sizeBytes,
  );
  try {
    await receiveInto(writer, skipBytes(readBody(request), progress.sizeBytes - start));
  } finally {
    // Also after a cut: what came stays, and the client goes on from there.
    state.sessions.saveProgress(session.id, { digests: progress.digests, sizeBytes: writer.sizeBytes });
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
    const session = state.sessions.get(id);
    const finished = findFinished(state, session);
    if (finished !== undefined) {
      answer(call, JSON.parse(finished));
      return;
    }
    const header = request.headers["content-range"];
    const range = parseContentRange(header);
    const asksOnly = range.start === undefined && request.headers["content-length"] === "0";
    const progress = asksOnly
      ? await restoreProgress(state, session)
      : await append(call, session, range.start ?? 0);
    if (isLast(header, range, progress.sizeBytes)) finishSession(call, session, progress);
    else answerIncomplete(call, progress.sizeBytes);
  });
}

/** Gives a session up. 499 is what Cloud Storage answers. */
export function cancelSession({ state, response }: Call, id: string): void {
  const session = state.sessions.get(id);
  state.sessions.drop(id);
  if (session.finished === undefined) state.blobs.remove(session.blob);
  response.writeHead(499, { "content-length": 0 }).end();
}
