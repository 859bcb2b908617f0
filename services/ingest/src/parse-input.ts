import type { z } from "zod";
import { ProblemError } from "./problem-error.ts";

/**
 * Parses what a client sent. What the service itself has stored is parsed without it: that it does not fit is no fault of a request's.
 *
 * @throws {ProblemError} `invalid-request`, naming each field that is wrong.
 */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map((issue) => `${issue.path.join(".") || "request"}: ${issue.message}`);
  throw new ProblemError("invalid-request", where.join("; "), { cause: parsed.error });
}
