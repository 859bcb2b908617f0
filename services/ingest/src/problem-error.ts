import type { HttpErrorCode } from "@segue/contracts";

export interface ProblemOptions {
  readonly cause?: unknown;
  /** That the answer has beside those that every problem has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request is refused: answered as problem details. The message goes to the client; the cause never does. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: HttpErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(problem: HttpErrorCode, detail: string, { cause, headers = {} }: ProblemOptions = {}) {
    super(detail, { cause });
    this.problem = problem;
    this.headers = headers;
  }
}
