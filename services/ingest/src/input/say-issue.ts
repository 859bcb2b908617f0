import type { z } from "zod";

type Issue = z.core.$ZodIssue;
type RawIssue = Parameters<z.core.$ZodErrorMap>[0];

/** Choices that are listed; more would fill the answer. */
const maxChoices = 12;
const maxShownLength = 80;

/** What was expected, where a schema does not say it in words of its own: the library's never reach a client. */
export function sayExpected(issue: RawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${types[issue.expected] ?? "another type"}`;
    case "too_small":
      return `expected ${sayBound("at least", issue.minimum, issue.origin)}`;
    case "too_big":
      return `expected ${sayBound("at most", issue.maximum, issue.origin)}`;
    case "invalid_value":
      return `expected ${sayChoices(issue.values)}`;
    case "invalid_format":
      return `expected ${formats[issue.format] ?? "another form of text"}`;
    case "not_multiple_of":
      return `expected a multiple of ${issue.divisor}`;
    case "unrecognized_keys":
      return `unknown: ${issue.keys.map(show).join(", ")}`;
    case "invalid_union": {
      const ways = issue.errors.flatMap((issues) => issues.map(({ message }) => message));
      return [...new Set(ways)].join(", or ") || "expected another form";
    }
    default:
      return "expected something else";
  }
}

/**
 * An issue in one line: where, what was expected, what came.
 *
 * @param input all of it. @param whole what that is called.
 */
export function sayIssue(issue: Issue, input: unknown, whole: string): string {
  const where = issue.path.length > 0 ? issue.path.map((part) => cut(String(part))).join(".") : whole;
  const came = issue.code === "unrecognized_keys" ? "" : `, got ${sayCame(cameAt(input, issue))}`;
  return `${where}: ${issue.message}${came}`;
}

const types: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};

const formats: Readonly<Record<string, string>> = {
  datetime: "an instant in UTC with milliseconds, such as 2026-01-31T12:00:00.000Z",
  uuid: "a UUID",
  url: "a URL",
};

function sayBound(how: string, bound: number | bigint, origin: string): string {
  if (origin === "string") return `${how} ${bound} characters`;
  if (origin === "array" || origin === "set") return `${how} ${bound} items`;
  return `a number of ${how} ${bound}`;
}

function sayChoices(values: readonly unknown[]): string {
  const shown = values.slice(0, maxChoices).map(show).join(", ");
  const more = values.length > maxChoices ? `, ... (${values.length} in all)` : "";
  return values.length === 1 ? shown : `one of ${shown}${more}`;
}

/** As it was sent, where that can be told: what a schema looks at may have been made a number, or a part of a text. */
function cameAt(input: unknown, issue: Issue): unknown {
  let found = input;
  for (const part of issue.path) {
    if (typeof found !== "object" || found === null) return issue.input;
    found = Reflect.get(found, part);
  }
  return found;
}

function sayCame(input: unknown): string {
  if (input === undefined) return "nothing";
  if (Array.isArray(input)) return `a list of ${input.length}`;
  if (typeof input === "object" && input !== null) return "an object";
  return show(input);
}

function show(value: unknown): string {
  return cut(typeof value === "string" ? JSON.stringify(hideSecrets(value)) : String(value));
}

/** The user and the query of what is a URL, or was meant to be one, may hold a secret, and refusals are logged. */
function hideSecrets(text: string): string {
  return text
    .replace(/([\\/:][^?#]*)[?#].*$/s, "$1?...")
    .replace(/^(\s*(?:[\\/]{2}|[a-z][a-z\d+.-]*:[\\/]*)).*@/is, "$1");
}

function cut(text: string): string {
  return text.length > maxShownLength ? `${text.slice(0, maxShownLength).toWellFormed()}...` : text;
}
