import { pausesMs } from "@segue/artifacts";

/** A source that wants to be left alone for longer is asked again all the same: a pause that is longer than any is taken for a wrong clock's. */
const longestMs = Math.max(...pausesMs);

/** What `Retry-After` asks for, in ms: seconds, or a date (RFC 9110, 10.2.3). 0 for what is neither. */
export function readRetryAfter(header: string | undefined, now: Date): number {
  const text = header?.trim() ?? "";
  const askedMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now.getTime();
  return Number.isFinite(askedMs) ? Math.min(longestMs, Math.max(0, askedMs)) : 0;
}
