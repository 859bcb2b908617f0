/**
 * How an upload ends. What becomes of it is decided once, in its object, and then carried out: by whoever has decided, or by the sweep, where that one has died since.
 *
 *   all bytes are there, and are what was announced   -> it is a track, whose source they are; `fetch` removes them
 *                        and are not                  -> refused; they are removed, why is kept as long as the bucket keeps anything
 *   it is given up                                    -> its session and its bytes are removed
 */
import type { OpenUpload, UploadEnd } from "@segue/artifacts";
import type { ObjectStat } from "@segue/store";
import type { TraceContext } from "@segue/telemetry";
import { acceptTrack, describeAccepted } from "../accept-track.ts";
import type { ApiContext } from "../api-context.ts";
import { ProblemError } from "../problem-error.ts";
import { countReceived, findUpload, noUpload } from "./describe-upload.ts";

/**
 * Makes a track of an upload, if all of it is there. Safe to repeat.
 *
 * @throws {ProblemError} `upload-incomplete`, `upload-ended`, `upload-differs`, and as `findUpload`.
 */
export async function completeUpload(
  context: ApiContext,
  id: string,
  owner: string,
  trace: TraceContext,
): Promise<void> {
  const found = await findUpload(context, id, owner);
  if ("track" in found) return;
  const end = await endReceived(context, await requireReceived(context, found.upload), trace);
  if (end?.is === "refused") throw new ProblemError("upload-differs", end.detail);
  if (end?.is === "given-up") throw noUpload(id);
  // Somebody else has ended it meanwhile: well, or there is none.
  if (!end) await findUpload(context, id, owner);
}

/** @throws {ProblemError} `upload-accepted`, and as `findUpload`. */
export async function giveUpUpload(
  context: ApiContext,
  id: string,
  owner: string,
  trace: TraceContext,
): Promise<void> {
  const found = await findUpload(context, id, owner);
  const settled = "track" in found ? undefined : await context.uploads.settle(id, { is: "given-up" });
  if (settled?.end?.is === "accepted" || "track" in found)
    throw new ProblemError("upload-accepted", `the upload is the track ${id} already`);
  if (!settled?.end) throw noUpload(id);
  await carryOut(context, { ...settled, end: { is: "given-up" } }, trace);
}

/** An upload of which all bytes are there, or about which it is decided already. */
interface Received {
  readonly upload: OpenUpload;
  /** Undefined: they may be gone again. */
  readonly file: ObjectStat | undefined;
}

async function requireReceived(context: ApiContext, upload: OpenUpload): Promise<Received> {
  const { uploadId, sizeBytes, end, expiresAt } = upload;
  if (end) return { upload, file: undefined };
  const received = await countReceived(context, upload);
  if (received === undefined)
    throw new ProblemError(
      "upload-ended",
      `the session has expired, which took bytes until ${expiresAt}, or storage has refused what came`,
    );
  if (received < sizeBytes)
    throw new ProblemError(
      "upload-incomplete",
      `expected ${sizeBytes} bytes, ${received} have come: the next is awaited at ${received}`,
    );
  return { upload, file: await context.uploads.statFile(uploadId) };
}

/** Decides what becomes of an upload of which all bytes are there, and does it. @returns what holds; undefined: somebody else was quicker, and it is done. */
export async function endReceived(
  context: ApiContext,
  { upload, file }: Received,
  trace: TraceContext,
): Promise<UploadEnd | undefined> {
  const decided = upload.end ? upload : await decide(context, upload, file);
  if (!decided?.end) return undefined;
  await carryOut(context, { ...decided, end: decided.end }, trace);
  return decided.end;
}

function decide(
  context: ApiContext,
  upload: OpenUpload,
  file: ObjectStat | undefined,
): Promise<OpenUpload | undefined> {
  const detail = file && findDifference(upload, file);
  const end: UploadEnd =
    detail === undefined ? { is: "accepted", track: acceptedOf(context, upload) } : { is: "refused", detail };
  return context.uploads.settle(upload.uploadId, end);
}

/** Storage takes no other size than was announced; that it did not is looked at all the same. */
function findDifference({ sizeBytes, crc32c }: OpenUpload, file: ObjectStat): string | undefined {
  if (file.sizeBytes !== sizeBytes) return `expected ${sizeBytes} bytes, got ${file.sizeBytes}`;
  if (crc32c !== null && file.crc32c !== crc32c) return `expected the CRC32C ${crc32c}, got ${file.crc32c}`;
  return undefined;
}

function acceptedOf(context: ApiContext, upload: OpenUpload) {
  const { uploadId, owner, keyedAs, title, metadata, fileName, targets } = upload;
  const source = context.uploads.sourceOf(uploadId);
  const details = { owner, keyedAs, title, metadata, fileName, targets, source, job: null };
  return describeAccepted(context, details, null, uploadId);
}

/** Safe to repeat. */
async function carryOut(
  context: ApiContext,
  { uploadId, sessionUrl, end }: OpenUpload & { readonly end: UploadEnd },
  trace: TraceContext,
): Promise<void> {
  const { uploads, log } = context;
  switch (end.is) {
    case "accepted":
      await acceptTrack(context, end.track, { url: end.track.source }, trace);
      return uploads.forget(uploadId);
    case "refused":
      log.info({ upload: uploadId, detail: end.detail }, "an upload was refused");
      return uploads.removeFile(uploadId);
    case "given-up":
      await uploads.cancelSession(sessionUrl);
      await uploads.removeFile(uploadId);
      return uploads.forget(uploadId);
  }
}
