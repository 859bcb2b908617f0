import type { Logger } from "@segue/telemetry";
import { ApiError } from "./api-error.ts";

/** What the machine lacks, in words, by the system's own code. */
const systemErrors: Record<string, string> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the data folder is read-only",
  EACCES: "the data folder may not be written",
  EPERM: "the data folder may not be written",
  EMFILE: "the process has too many open files",
  ENFILE: "the machine has too many open files",
  ENOMEM: "the machine is out of memory",
  EIO: "the disk fails",
};

/** The same by the primary result code of SQLite. */
const databaseErrors: Record<number, string> = {
  5: "the database is busy",
  7: "the machine is out of memory",
  8: "the data folder is read-only",
  10: "the disk fails",
  13: "the disk is full",
  14: "the data folder can't be opened",
};

/** What is wrong with the machine that an error tells of; undefined when it tells of something else. */
export function describeTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code === "ERR_SQLITE_ERROR" && "errcode" in error && typeof error.errcode === "number")
    return databaseErrors[error.errcode & 0xff];
  return systemErrors[code];
}

/**
 * An error as a client reads it. The machine's trouble is a 503, which Google's clients try again: nothing of the
 * request was stored, and once there is room the same request succeeds.
 */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const trouble = describeTrouble(error);
  if (trouble === undefined) return new ApiError(500, "backendError", "Internal error");
  return new ApiError(503, "backendError", `Nothing was stored: ${trouble}. Try again.`);
}

const repeatAfterMs = 60_000;

/** Tells of failed requests: of the machine's trouble once a minute, for every client tries again and again. */
export class FailureLog {
  readonly #log: Logger | undefined;
  #last = { trouble: "", atMs: Number.NEGATIVE_INFINITY };

  constructor(log: Logger | undefined) {
    this.#log = log;
  }

  add(error: unknown, request: { method: string | undefined; path: string }, nowMs: number): void {
    const trouble = describeTrouble(error);
    if (trouble === undefined) {
      this.#log?.error({ error, ...request }, "request failed");
      return;
    }
    if (trouble === this.#last.trouble && nowMs - this.#last.atMs < repeatAfterMs) return;
    this.#last = { trouble, atMs: nowMs };
    this.#log?.error({ trouble, ...request }, "requests are refused until the machine is well");
  }
}
