import type { Problem } from "@segue/contracts";

/** The API answered with an error. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
  readonly status: number;
  /** Of the catalogue at `/v1/errors`, or `http-<status>` where the answer names none. */
  readonly code: string;
  /** How long the API asks to wait; null where it does not say. */
  readonly retryAfterMs: number | null;
  /** The whole answer, with what can be done; undefined where it was no problem document. */
  readonly problem: Problem | undefined;

  constructor(
    message: string,
    about: {
      readonly status: number;
      readonly code: string;
      readonly retryAfterMs: number | null;
      readonly problem?: Problem | undefined;
    },
  ) {
    super(message);
    this.status = about.status;
    this.code = about.code;
    this.retryAfterMs = about.retryAfterMs;
    this.problem = about.problem;
  }
}

/** No answer came, or it broke off: the request may or may not have been carried out. `cause` says what happened. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";

  static from(cause: unknown): NoAnswer {
    // Of several addresses that were tried, each has its own error and the whole no words.
    const inner: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
    return new NoAnswer(inner instanceof Error ? inner.message || inner.name : String(inner), { cause });
  }
}

/** The bytes to send could not be read, or were not as many as was said; `cause` is the stream's own error. */
export class UploadFailure extends Error {
  override readonly name = "UploadFailure";

  static from(cause: unknown): UploadFailure {
    return new UploadFailure(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** The API answered with something that its contract does not know: a defect, not worth another try. */
export class UnexpectedAnswer extends Error {
  override readonly name = "UnexpectedAnswer";
}

/** Refusals that a later attempt may not meet; all others are for good. */
const passingStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504, 507]);

/** Whether the same request may succeed later: the API was busy, away, or the connection broke. */
export function mayPass(error: unknown): boolean {
  if (error instanceof NoAnswer) return true;
  return error instanceof ApiRefusal && (passingStatuses.has(error.status) || error.code === "upload-cut");
}
