import { z } from "zod";

/** JSON can be wrong in a million places, each with words of its own. */
const mostIssues = 5;
const mostChars = 2_000;

/** Why something is not what was expected, for people: what a schema says of it in words, not as the JSON that is its message. */
export function sayWhy(error: unknown): string {
  if (error instanceof z.ZodError) return sayIssues(error.issues);
  return (error instanceof Error ? error.message || error.name : String(error)).slice(0, mostChars);
}

/** The first of them, and how many there are besides. */
function sayIssues(issues: readonly z.core.$ZodIssue[]): string {
  const shown = z.prettifyError({ issues: issues.slice(0, mostIssues) }).slice(0, mostChars);
  const others = issues.length - mostIssues;
  return others > 0 ? `${shown}\nand ${others} more` : shown;
}
