import { invalid, sendJson } from "./api-error.ts";
import { BlobWriter, digestFile } from "./blobs.ts";
import { createDigests } from "./checksum.ts";
import { type Body, readBody, receiveInto } from "./receive.ts";
import { toObjectResource } from "./resources.ts";
import type { Call, ServerState } from "./server-state.ts";
import { checkDigests, checkUpload, limitMd5, parseHashHeader } from "./store-object.ts";
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
  const digests = createDigests(limitMd5(state, session.upload.expected));
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

function answerIncomplete({ response }: Call, sizeBytes: number): void {
  const range = sizeBytes > 0 ? { range: `bytes=0-${sizeBytes - 1}` } : {};
  response.writeHead(308, { ...range, "content-length": 0 }).end();
}

function finishSession(call: Call, session: UploadSession, progress: SessionProgress): void {
  const { state, request, response } = call;
  const { upload, blob } = session;
  const digests = progress.digests.finish();
  try {
    checkDigests(digests, upload.expected);
    checkDigests(digests, { crc32c: parseHashHeader(request.headers["x-goog-hash"]).crc32c });
    state.buckets.get(upload.bucket);
    const { bucket, name, fields } = upload;
    const object = state.objects.publish(
      { bucket, name, blob, sizeBytes: progress.sizeBytes, digests, fields },
      upload.conditions,
      state.now(),
    );
    const resource = toObjectResource(object, state.url());
    state.sessions.finish(session.id, JSON.stringify(resource));
    sendJson(response, resource);
  } catch (error) {
    state.sessions.drop(session.id);
    state.blobs.remove(blob);
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
  const { state, request, response } = call;
  await state.sessions.exclusively(id, request, async () => {
    const session = state.sessions.get(id);
    const finished = findFinished(state, session);
    if (finished !== undefined) {
      sendJson(response, JSON.parse(finished));
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
