import type { DisplayHint, Fact } from "@segue/contracts";
import { formatBytes, formatClock, formatPercent, printable, shorten } from "./format-text.ts";

const longestText = 40;
/** Digits that say something: what is measured is seldom known better. */
const digits = 6;
/** Of a list that is shown item by item. */
const mostItems = 4;

/** A fact as its kind wants it shown: `116.0 BPM`, `92 %`, `drums, piano`. Undefined where there is nothing to tell. */
export function formatFact({ value, display, items }: Fact): string | undefined {
  if (items !== null) return items.slice(0, mostItems).map(formatItem).join(", ") || undefined;
  if (Array.isArray(value)) return formatList(value, display);
  return formatValue(value, display);
}

/** An object of a list, by what it shows of itself. */
export function formatItem(facts: readonly Fact[]): string {
  const shown = facts.filter(({ display }) => display.as === "summary");
  return (shown.length > 0 ? shown : facts).flatMap((fact) => formatFact(fact) ?? []).join(" ") || "none";
}

function formatList(values: readonly unknown[], display: DisplayHint): string | undefined {
  const isShort = values.length <= mostItems && values.every((value) => typeof value !== "object");
  if (!isShort) return `${values.length} values`;
  return values.flatMap((value) => formatValue(value, display) ?? []).join(" ") || undefined;
}

function formatValue(value: unknown, display: DisplayHint): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "number") return formatNumber(value, display);
  if (typeof value === "string") return shorten(printable(value), longestText);
  return String(value);
}

function formatNumber(value: number, { format, precision, unit }: DisplayHint): string {
  if (format === "fraction") return formatPercent(value);
  if (format === "seconds") return formatClock(value);
  if (format === "bytes") return formatBytes(value);
  const text = precision === undefined ? String(Number(value.toPrecision(digits))) : value.toFixed(precision);
  return unit === undefined ? text : `${text} ${printable(unit)}`;
}
