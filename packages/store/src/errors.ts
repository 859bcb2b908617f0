/** Every way in which storage can fail, as a closed set. */
export type StoreErrorCode =
  | "object-not-found"
  | "precondition-failed"
  | "object-corrupt"
  | "storage-unavailable"
  | "storage-refused";

/** What the store throws. `cause` holds the client's own error. */
export class StoreError extends Error {
  override readonly name: string = "StoreError";
  readonly code: StoreErrorCode;
  /** True when the same call may succeed later without anything being changed. */
  readonly retryable: boolean;

  constructor(code: StoreErrorCode, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable;
  }
}

/** No such object or bucket. */
export class ObjectNotFoundError extends StoreError {
  override readonly name = "ObjectNotFoundError";
  constructor(what: string, cause?: unknown) {
    super("object-not-found", `expected ${what} to exist, found nothing`, { retryable: false, cause });
  }
}

/** The object was not in the state that the caller required. */
export class PreconditionFailedError extends StoreError {
  override readonly name = "PreconditionFailedError";
  constructor(what: string, cause?: unknown) {
    super("precondition-failed", `${what} is not in the expected state`, { retryable: false, cause });
  }
}

/** The bytes that came are not those that were stored or expected. Reading again may help. */
export class ObjectCorruptError extends StoreError {
  override readonly name = "ObjectCorruptError";
  constructor(what: string, detail: string) {
    super("object-corrupt", `${what}: ${detail}`, { retryable: true });
  }
}

/** Storage did not answer, answered too slowly, or said that it can't now. */
export class StoreUnavailableError extends StoreError {
  override readonly name: string = "StoreUnavailableError";
  constructor(what: string, detail: string, cause?: unknown) {
    super("storage-unavailable", `${what}: storage is unavailable: ${detail}`, { retryable: true, cause });
  }
}

/** Storage answered that it has no room. Until it has, it takes nothing; what is there can be read. */
export class StoreFullError extends StoreUnavailableError {
  override readonly name = "StoreFullError";
}

/** Storage understood and said no: permissions, a bad name, a bad request. */
export class StoreRefusedError extends StoreError {
  override readonly name = "StoreRefusedError";
  constructor(what: string, detail: string, cause?: unknown) {
    super("storage-refused", `${what}: storage refused: ${detail}`, { retryable: false, cause });
  }
}

// Errors of the connection, as Node and the client name them.
const connectionCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ERR_STREAM_PREMATURE_CLOSE",
  "UND_ERR_SOCKET",
]);

const retryableStatuses = new Set([408, 429, 500, 502, 503, 504]);

function readField(error: unknown, field: string): unknown {
  return typeof error === "object" && error !== null && field in error
    ? Reflect.get(error, field)
    : undefined;
}

/** The HTTP status that an error of the client stands for, if any. */
export function readHttpStatus(error: unknown): number | undefined {
  const status = Number(readField(error, "code") ?? readField(error, "status"));
  return Number.isInteger(status) && status >= 100 && status <= 599 ? status : undefined;
}

/** Cloud Storage has room for all; the local cloud's disk has not, and is a 503 in words. */
function saysFull(status: number, message: string): boolean {
  return status === 507 || (status === 503 && /the disk (is full|quota is used up)/.test(message));
}

/**
 * The typed error for whatever was thrown while storage was in use. Errors that are not storage's own (a full
 * local disk, a bug) come back as they are.
 */
export function toStoreError(error: unknown, what: string): unknown {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const status = readHttpStatus(error);
  if (status === 404) return new ObjectNotFoundError(what, error);
  if (status === 412) return new PreconditionFailedError(what, error);
  if (status !== undefined && saysFull(status, message)) {
    return new StoreFullError(what, `HTTP ${status}: ${message}`, error);
  }
  if (status !== undefined && retryableStatuses.has(status)) {
    return new StoreUnavailableError(what, `HTTP ${status}: ${message}`, error);
  }
  if (status !== undefined) return new StoreRefusedError(what, `HTTP ${status}: ${message}`, error);
  if (connectionCodes.has(String(readField(error, "code")))) {
    return new StoreUnavailableError(what, message, error);
  }
  return error;
}
