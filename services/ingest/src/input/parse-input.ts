import type { z } from "zod";
import { ProblemError } from "../problem-error.ts";
import { requireText } from "./require-text.ts";
import { sayExpected, sayIssue } from "./say-issue.ts";

/** Issues that an answer names; a list of thousands may be wrong in each. */
const maxIssues = 10;

/**
 * Parses what a client sent. What the service itself has stored is parsed without it: that it does not fit is no fault of a request's.
 *
 * @param whole what the input is called, where it is wrong as a whole: `body`, `query`.
 * @throws {ProblemError} `invalid-request`, naming each field that is wrong.
 */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown, whole: string): z.output<S> {
  requireText(input, whole);
  const parsed = schema.safeParse(input, { error: sayExpected, reportInput: true });
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const said = issues.slice(0, maxIssues).map((issue) => sayIssue(issue, input, whole));
  const more = issues.length > maxIssues ? [`and ${issues.length - maxIssues} more`] : [];
  throw new ProblemError("invalid-request", [...said, ...more].join("; "));
}
