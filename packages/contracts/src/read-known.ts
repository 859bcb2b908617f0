import type { z } from "zod";
import { StepError } from "./step-error.ts";

/**
 * Parses what others have written. Fields that are not known are left out; a form (`v`), a `type` or a `status` that is not
 * known is none to guess at: somebody of a younger release can read it.
 *
 * @throws {StepError} `worker-outdated` for what is of a younger release; {ZodError} for what is malformed.
 */
export function readKnown<S extends z.ZodType>(schema: S, json: unknown): z.output<S> {
  const parsed = schema.safeParse(json, { reportInput: true });
  if (parsed.success) return parsed.data;
  const unknown = youngerWords(json, parsed.error.issues);
  if (unknown === undefined) throw parsed.error;
  const message = `it has ${unknown}, which this release does not know`;
  throw new StepError("worker-outdated", message, { cause: parsed.error });
}

/** What tells that a younger release wrote it; undefined for what is malformed. */
function youngerWords(json: unknown, issues: readonly z.core.$ZodIssue[]): string | undefined {
  const form = fieldOf(json, "v");
  if (typeof form === "number" && Number.isInteger(form) && form > newestForm(issues)) return `v: ${form}`;
  const unknown = issues.map(unknownValue);
  return unknown.includes(undefined) ? undefined : unknown.join(", ");
}

/** The latest form that is known of what this says that it is, where its form is what is wrong; else none is younger. */
function newestForm(issues: readonly z.core.$ZodIssue[]): number {
  const about = (field: string) => issues.find(({ path }) => path.length === 1 && path[0] === field);
  const form = about("v");
  if (form?.code === "invalid_value") return Math.max(...form.values.map(Number));
  // Of a type that is not known, all that is known is that there are no others of the first form.
  return about("type")?.code === "invalid_union" ? 1 : Number.POSITIVE_INFINITY;
}

/** An issue that is only that a value of the right type is none of those that are known, in words. */
function unknownValue(issue: z.core.$ZodIssue): string | undefined {
  const where = issue.path.join(".");
  if (issue.code === "invalid_union") {
    const value = issue.errors.length === 0 ? fieldOf(issue.input, issue.path.at(-1)) : undefined;
    return typeof value === "string" ? `${where}: "${value}"` : undefined;
  }
  if (issue.code !== "invalid_value" || typeof issue.input !== "string") return undefined;
  return issue.values.some((value) => typeof value === "string") ? `${where}: "${issue.input}"` : undefined;
}

function fieldOf(json: unknown, name: PropertyKey | undefined): unknown {
  return typeof json === "object" && json !== null && name !== undefined
    ? Reflect.get(json, name)
    : undefined;
}
