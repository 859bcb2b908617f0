import type { StepError } from "@segue/contracts";
import { printable } from "@segue/wording";

/** A step's failure in words, as the API tells it to clients, and as data. */
export function describeFailure({ code, message, meaning, remedy, family }: StepError) {
  const report = { code, family, message, meaning, remedy };
  return { report, text: `${code}: ${printable(message)}\n  ${meaning}\n  ${remedy}` };
}
