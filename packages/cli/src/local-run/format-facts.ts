import { inspect } from "node:util";
import { printable } from "@segue/wording";

const maxArrayLength = 12;

/** Facts for people: long lists are cut. */
export function formatFacts(facts: unknown): string {
  const text = inspect(facts, { depth: 8, maxArrayLength, maxStringLength: 500, breakLength: 100 });
  return text.split("\n").map(printable).join("\n");
}
