import { isSchema } from "../facts-schema.ts";
import type { CorrectedFacts } from "./complete-facts.ts";

/** A machine's facts with a person's in their places. @param facts undefined: there are none of a machine's. */
export function correctedFacts(facts: unknown, corrected: CorrectedFacts): unknown {
  return Object.entries(corrected).reduce(
    (all, [key, value]) => withValue(all, key.split("."), value),
    facts,
  );
}

function withValue(facts: unknown, [name, ...inner]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  const before = isSchema(facts) ? facts : {};
  const part = Object.hasOwn(before, name) ? before[name] : undefined;
  return { ...before, [name]: withValue(part, inner, value) };
}
