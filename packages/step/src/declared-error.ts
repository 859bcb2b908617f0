import { isErrorCode, StepError } from "@segue/contracts";
import type { AnyStep } from "./define-step.ts";

/**
 * What a step threw, normalised. An error of its own that it does not declare is a defect: nobody could look it up.
 * @returns `invalid-output` for such a one.
 */
export function declaredError(step: Pick<AnyStep, "name" | "errors">, thrown: unknown): StepError {
  const error = StepError.from(thrown);
  if (isErrorCode(error.code) || step.errors?.some(({ code }) => code === error.code)) return error;
  const text = `${step.name} ended with "${error.code}", which is not among the errors that it declares`;
  return new StepError("invalid-output", `${text}: ${error.message}`, { cause: error });
}
