import type { HttpErrorCode } from "@segue/contracts";

/** A request is refused: answered as problem details. The message goes to the client; the cause never does. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: HttpErrorCode;

  constructor(problem: HttpErrorCode, detail: string, options?: { cause?: unknown }) {
    super(detail, options);
    this.problem = problem;
  }
}
