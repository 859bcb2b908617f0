import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { ApiRefusal, openFileParts, UploadFailure, uploadResumable } from "@segue/client";
import type { FileVersion } from "../start/journal.ts";
import { bytesOfPath, readablePath } from "../start/path-bytes.ts";
import { describeError, detailsOf, judgeError, SendFailure, type SendOptions } from "../start/send-file.ts";

/** That what was begun under a key can't be gone on with, and the file is sent anew. */
const ended: ReadonlySet<string> = new Set([
  ...["upload-ended", "upload-differs", "track-deleted", "not-found", "idempotency-key-reused"],
]);

/**
 * Sends a file to storage directly, in parts, and returns its track's id. What another process has begun of the same version of it is gone on with: its key follows
 * from that version.
 *
 * @throws {SendFailure} if the API refuses it for good, the file can't be read, or nothing came through for an hour; the abort.
 */
export async function sendDirect(file: FileVersion, options: SendOptions): Promise<string> {
  const { pace, signal } = options;
  await pace.enter(signal);
  try {
    const sha256 = await digestOf(file.path);
    const about = JSON.stringify([file, detailsOf(options), sha256]);
    const key = createHash("sha256").update(about).digest("hex");
    return await send(file, sha256, key, options).catch((error: unknown) => {
      if (!(error instanceof ApiRefusal && ended.has(error.code))) throw error;
      return send(file, sha256, randomUUID(), options);
    });
  } catch (error) {
    if (signal.aborted) throw error;
    const judged = judgeError(error);
    throw judged === "again"
      ? new SendFailure("not-accepted", describeError(error), { cause: error })
      : judged;
  } finally {
    pace.leave();
  }
}

async function send(
  { path }: FileVersion,
  sha256: string,
  idempotencyKey: string,
  options: SendOptions,
): Promise<string> {
  const { api, signal, onWait } = options;
  const filename = readablePath(basename(path));
  const parts = await openFileParts(bytesOfPath(path)).catch(failOfFile);
  const wait = (reason: string, ms: number) =>
    onWait(`${readablePath(path)}: ${reason}; sending goes on in ${Math.ceil(ms / 1_000)} s`);
  try {
    const details = { filename, sha256, ...detailsOf(options) };
    return (await uploadResumable(api, parts, details, { signal, idempotencyKey, onWait: wait })).id;
  } finally {
    await parts[Symbol.asyncDispose]();
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(bytesOfPath(path)), hash).catch(failOfFile);
  return hash.digest("hex");
}

function failOfFile(error: unknown): never {
  throw UploadFailure.from(error);
}
