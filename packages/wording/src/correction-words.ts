/** A person's values as they are written by hand, and shown. */
import type { CorrectableFact } from "@segue/contracts";
import { printable } from "./format-text.ts";

/** What was written is no value of its fact. */
export class UnreadableValueError extends Error {
  override readonly name = "UnreadableValueError";
}

/**
 * What somebody has written, as a fact's kind takes it: a number, a word, words separated by commas; `none` where there is nothing of it. Whether a word is one that the
 * kind knows, the API says.
 *
 * @throws {UnreadableValueError}
 */
export function readFactText({ index, isList, name }: CorrectableFact, written: string): unknown {
  const text = written.trim();
  if (text.toLowerCase() === "none") return isList ? [] : null;
  if (isList)
    return text
      .split(",")
      .map((word) => word.trim())
      .filter((word) => word !== "");
  if (index !== "number") return text;
  const number = Number(text);
  if (text !== "" && Number.isFinite(number)) return number;
  throw new UnreadableValueError(
    `${name}: expected a number, or none, got "${printable(text).slice(0, 80)}"`,
  );
}

/** Of objects in a list what they say in words. */
export function sayFactValue(value: unknown): string {
  if (value === null || value === undefined) return "none";
  if (Array.isArray(value)) return value.map(sayFactValue).join(", ") || "none";
  if (typeof value === "object")
    return sayFactValue(
      Object.values(value).find((part) => typeof part === "string") ?? JSON.stringify(value),
    );
  return printable(typeof value === "number" ? String(Math.round(value * 100) / 100) : String(value));
}
