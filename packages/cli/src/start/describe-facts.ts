import { printable, shorten } from "./format-text.ts";

const maxFacts = 8;
const longestText = 40;
/** Digits that say something: what is measured is seldom known better. */
const digits = 6;

/** Facts of any kind on one line, by their own names: `peak 0.5, bands.low -12.3, onsets 214 values`. */
export function describeFacts(facts: unknown): string {
  const all = [...flatten("", facts)];
  const shown = all.slice(0, maxFacts).map(([name, text]) => (name === "" ? text : `${name} ${text}`));
  return (
    [...shown, ...(all.length > maxFacts ? [`and ${all.length - maxFacts} more`] : [])].join(", ") || "-"
  );
}

function* flatten(name: string, value: unknown): Generator<[string, string]> {
  if (Array.isArray(value)) yield [printable(name), describeList(value)];
  else if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value))
      yield* flatten(name === "" ? key : `${name}.${key}`, inner);
  else yield [printable(name), describeValue(value)];
}

function describeList(values: readonly unknown[]): string {
  const isShort = values.length <= 4 && values.every((value) => typeof value !== "object");
  return isShort ? values.map(describeValue).join(" ") || "none" : `${values.length} values`;
}

function describeValue(value: unknown): string {
  if (value === null || value === undefined) return "none";
  if (typeof value === "number") return String(Number(value.toPrecision(digits)));
  return shorten(printable(String(value)), longestText);
}
