import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { type ApiClient, ApiRefusal, mayPass, UploadFailure } from "@segue/client";
import type { ClientMetadata } from "@segue/contracts";
import type { Pace } from "./create-pace.ts";
import type { FileVersion } from "./journal.ts";
import type { LocalFailureCode } from "./local-failures.ts";
import { bytesOfPath, readablePath } from "./path-bytes.ts";

/** A file that is not sent, with the reason. */
export class SendFailure extends Error {
  override readonly name = "SendFailure";
  readonly code: string;

  constructor(code: LocalFailureCode | (string & {}), message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** @throws {SendFailure} if it is no file that can be read. */
export async function statFile(path: string): Promise<FileVersion> {
  const stats = await stat(bytesOfPath(path)).catch((error: unknown) => {
    throw fileFailure(error) ?? error;
  });
  if (!stats.isFile()) throw new SendFailure("not-a-file", `expected a file at ${path}`);
  return { path, sizeBytes: stats.size, mtimeMs: stats.mtimeMs };
}

export interface SendOptions {
  readonly api: ApiClient;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  readonly title?: string;
  readonly metadata?: ClientMetadata;
  /** The default ones when left out. */
  readonly targets?: readonly string[];
  /** Told in words why and how long sending pauses. */
  onWait(reason: string): void;
}

/** Attempts that end otherwise than by being asked to slow down: about five minutes of backoff. */
const maxTries = 15;

/**
 * Sends a file until the API has accepted it, and returns the track's id. Waits and tries again when the API is busy,
 * away, or broke off; being asked to slow down (429) never counts as a failed attempt.
 *
 * @throws {SendFailure} if the API refuses it for good, the file can't be read, or all attempts failed; the abort.
 */
export async function sendFile(file: FileVersion, options: SendOptions): Promise<string> {
  const { api, signal } = options;
  const { path, sizeBytes } = file;
  const details = { fileName: readablePath(basename(path)), sizeBytes, ...detailsOf(options) };
  // One for all attempts: an answer that was lost makes no second track.
  const key = randomUUID();
  const post = () => {
    const body = createReadStream(bytesOfPath(path));
    return api.postUpload({ body, ...details }, { signal, idempotencyKey: key });
  };
  return sendPaced(post, options);
}

/** As `sendFile`, for an address that the API fetches from. */
export async function sendSource(source: string, options: SendOptions): Promise<string> {
  const { api, signal } = options;
  const submission = { signal, idempotencyKey: randomUUID() };
  return sendPaced(() => api.postSource({ source, ...detailsOf(options) }, submission), options);
}

export function detailsOf({ title, metadata, targets }: SendOptions) {
  return {
    ...(title === undefined ? {} : { title }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(targets === undefined ? {} : { targets: [...targets] }),
  };
}

/** Posts until the API has accepted it, at the pace that it allows; returns the track's id. @throws as `sendFile`. */
export async function sendPaced(
  post: () => Promise<{ id: string }>,
  options: Pick<SendOptions, "pace" | "signal" | "onWait">,
): Promise<string> {
  const { pace, signal } = options;
  for (let tries = 1; ; ) {
    await pace.enter(signal);
    try {
      const { id } = await post();
      pace.leave();
      return id;
    } catch (error) {
      const judged = signal.aborted ? error : judgeError(error);
      if (judged !== "again") {
        pace.leave();
        throw judged;
      }
      const refusal = error instanceof ApiRefusal ? error : undefined;
      const waitMs = pace.leaveRefused(refusal?.retryAfterMs ?? null);
      if (refusal?.status !== 429 && tries++ >= maxTries) {
        throw new SendFailure("not-accepted", describeError(error), { cause: error });
      }
      options.onWait(`${describeError(error)}; sending goes on in ${Math.ceil(waitMs / 1000)} s`);
    }
  }
}

export function judgeError(error: unknown): "again" | Error {
  if (error instanceof UploadFailure)
    return fileFailure(error.cause) ?? new SendFailure("unreadable-path", error.message, { cause: error });
  if (mayPass(error)) return "again";
  if (error instanceof ApiRefusal) return new SendFailure(error.code, error.message, { cause: error });
  return error instanceof Error ? error : new Error(String(error));
}

/** An error of the file system, or of a file whose size is no longer what it was; undefined for others. */
function fileFailure(error: unknown): SendFailure | undefined {
  if (!(error instanceof Error && "code" in error)) return undefined;
  const { code, message } = error;
  if (code === "ENOENT" || code === "ENOTDIR")
    return new SendFailure("missing-path", message, { cause: error });
  if (code === "EACCES" || code === "EPERM" || code === "EIO" || code === "EISDIR" || code === "ELOOP") {
    return new SendFailure("unreadable-path", message, { cause: error });
  }
  if (code === "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH") {
    return new SendFailure("file-changed", "its size is not what it was when sending began", {
      cause: error,
    });
  }
  return undefined;
}

export function describeError(error: unknown): string {
  if (error instanceof ApiRefusal) return `the API answered ${error.status} (${error.message})`;
  return `the API does not answer (${error instanceof Error ? error.message || error.name : String(error)})`;
}
