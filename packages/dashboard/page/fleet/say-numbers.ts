import { formatLatency } from "@segue/wording";

/** `12.4`, or `–` where there is none. */
export function sayRate(rate: number | null): string {
  if (rate === null) return "–";
  return rate >= 100 ? Math.round(rate).toLocaleString() : String(Number(rate.toFixed(1)));
}

export function sayMs(ms: number | undefined): string {
  return ms === undefined ? "–" : formatLatency(ms);
}
