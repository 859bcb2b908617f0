import { StepError } from "@segue/contracts";

/** A source did not answer, broke off, or answered with an error that may pass. */
export class SourceAwayError extends StepError {
  /** How long it asks to be left alone, in ms. */
  readonly retryAfterMs: number;

  constructor(message: string, { retryAfterMs = 0, cause }: { retryAfterMs?: number; cause?: unknown } = {}) {
    super("source-away", message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}
