import { partialDeepStrictEqual } from "node:assert";
import type { Outcome } from "../corpus/hostile-file.ts";

/** Whether what came is one of what was expected. */
export function matchesOutcome(expected: readonly Outcome[], actual: Outcome): boolean {
  return expected.some((outcome) => matches(outcome, actual));
}

function matches(expected: Outcome, actual: Outcome): boolean {
  if (expected.state === "done")
    return (
      actual.state === "done" &&
      (expected.warnings === null || sameSet(expected.warnings, actual.warnings ?? [])) &&
      contains(actual.facts, expected.facts)
    );
  return actual.state !== "done" && actual.state === expected.state && actual.code === expected.code;
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return new Set(a).size === new Set([...a, ...b]).size && new Set(a).size === new Set(b).size;
}

function contains(actual: object, expected: object): boolean {
  try {
    partialDeepStrictEqual(actual, expected);
    return true;
  } catch {
    return false;
  }
}

export function describeOutcome(outcome: Outcome): string {
  if (outcome.state === "partial") return `partial: ${outcome.step}: ${outcome.code}`;
  if (outcome.state !== "done") return `${outcome.state}: ${outcome.code}`;
  const warnings = outcome.warnings === null ? "whatever warnings" : outcome.warnings.join(", ");
  const facts = JSON.stringify(outcome.facts);
  return `done${warnings ? `, ${warnings}` : ""}${facts === "{}" ? "" : ` ${facts.slice(0, 700)}`}`;
}
