import { z } from "zod";
import {
  type ErrorCode,
  type ErrorFamily,
  errorCatalogue,
  isErrorCode,
  type PermanentCode,
} from "./errors.ts";
import { type Failure, wordsOf } from "./failure.ts";
import { isMachineTrouble } from "./machine-trouble.ts";
import { OwnError } from "./own-error.ts";
import { sayWhy } from "./say-why.ts";

/** Any failure of a step, normalised: a code, its family and words, a message, and the original as `cause`. */
export class StepError extends Error {
  readonly code: string;
  readonly family: ErrorFamily;
  readonly meaning: string;
  readonly remedy: string;

  /** @param what a code of the catalogue, or a step's own error, which is permanent. */
  constructor(what: ErrorCode | OwnError, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    const own = typeof what === "string" ? null : what;
    const { family, meaning, remedy } =
      typeof what === "string" ? errorCatalogue[what] : { ...what, family: "permanent" as const };
    this.code = own?.code ?? String(what);
    this.family = family;
    this.meaning = meaning;
    this.remedy = remedy;
  }

  get permanent(): boolean {
    return this.family === "permanent";
  }

  /** As it is written: into records and messages, and between threads. */
  toFailure(): Failure {
    const { code, message, family, meaning, remedy } = this;
    return { code, message, family, meaning, remedy };
  }

  /** What `toFailure` gave, on the other side of a thread. */
  static fromFailure(failure: Failure, options?: { cause?: unknown }): StepError {
    const { code, message } = failure;
    if (isErrorCode(code)) return new StepError(code, message, options);
    const { family, meaning, remedy } = wordsOf(failure);
    const what = family === "permanent" ? { code, meaning, remedy } : "step-failed";
    return new StepError(what, message, options);
  }

  /** Normalises whatever was thrown: errors of the system, of another copy of this code, bare numbers from WASM, nothing at all. */
  static from(thrown: unknown): StepError {
    if (thrown instanceof StepError) return thrown;
    if (thrown instanceof Error) {
      const cause = thrown;
      const message = thrown instanceof z.ZodError ? sayWhy(thrown) : thrown.message || thrown.name;
      if ("code" in thrown && isErrorCode(thrown.code)) return new StepError(thrown.code, message, { cause });
      if (isMachineTrouble(thrown)) return new StepError("worker-unfit", message, { cause });
      const own = OwnError.safeParse(thrown);
      const isOwn = own.success && "family" in thrown && thrown.family === "permanent";
      return new StepError(isOwn ? own.data : "step-failed", message, { cause });
    }
    const what =
      typeof thrown === "number" ? `WebAssembly code threw the number ${thrown}` : `threw ${String(thrown)}`;
    return new StepError("step-failed", what, { cause: thrown });
  }
}

/** Ends a track's branch with a typed outcome at the first attempt: the same input can only fail again. */
export class PermanentError extends StepError {
  /** @param what a code of the catalogue, or one of the errors that the step declares. */
  constructor(what: PermanentCode | OwnError, message: string, options?: { cause?: unknown }) {
    super(what, message, options);
  }
}
