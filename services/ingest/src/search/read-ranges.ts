import { ProblemError } from "../problem-error.ts";

export interface NumberEnds {
  readonly from: number | null;
  readonly to: number | null;
}

const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const day = /^\d{4}-\d\d-\d\d$/;
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z$/;
const dayMs = 86_400_000;

/** `120..128`, `120..`, `..128`, or one number. @throws {ProblemError} `invalid-request`. */
export function readNumberRange(text: string, parameter: string): NumberEnds {
  const [from, to, isRange] = endsOf(text);
  const ends = {
    from: from === "" ? null : numberOf(from, text, parameter),
    to: to === "" ? null : numberOf(to, text, parameter),
  };
  const isEmpty = ends.from === null && ends.to === null;
  if (isEmpty || (isRange && ends.from !== null && ends.to !== null && ends.from > ends.to))
    throw refusal(parameter, "a range of numbers such as 120..128, the lower one first", text);
  return ends;
}

/** A range of tempos, and where half and double of a tempo are the same, these of it too: people count a pulse so as well. */
export function inOctaves({ from, to }: NumberEnds, octaves: boolean): NumberEnds[] {
  const times = (end: number | null, factor: number) => (end === null ? null : end * factor);
  return (octaves ? [1, 0.5, 2] : [1]).map((factor) => ({
    from: times(from, factor),
    to: times(to, factor),
  }));
}

/** A time from the first to before the second: a day is all of it. @throws {ProblemError} `invalid-request`. */
export function readTimeRange(
  text: string,
  parameter: string,
): { readonly from: Date | null; readonly before: Date | null } {
  const [from, to] = endsOf(text);
  const times = {
    from: from === "" ? null : timeOf(from, text, parameter),
    before: to === "" ? null : timeOf(to, text, parameter, day.test(to) ? dayMs : 0),
  };
  const isEmpty = times.from === null && times.before === null;
  if (isEmpty || (times.from !== null && times.before !== null && times.from >= times.before))
    throw refusal(parameter, "a range of days or instants such as 2026-01-01..2026-01-31", text);
  return times;
}

function endsOf(text: string): [string, string, boolean] {
  const at = text.indexOf("..");
  const given = text.trim();
  if (at < 0) return [given, given, false];
  return [text.slice(0, at).trim(), text.slice(at + 2).trim(), true];
}

function numberOf(end: string, text: string, parameter: string): number {
  const value = number.test(end) ? Number(end) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw refusal(parameter, "a range of numbers such as 120..128", text);
}

function timeOf(end: string, text: string, parameter: string, laterMs = 0): Date {
  const time = day.test(end) || instant.test(end) ? Date.parse(end) : Number.NaN;
  // A day that no month has would be one of the next.
  const isThere = !Number.isNaN(time) && new Date(time).toISOString().startsWith(end.slice(0, 10));
  if (isThere) return new Date(time + laterMs);
  throw refusal(parameter, "a range of days or instants in UTC such as 2026-01-01..2026-01-31", text);
}

function refusal(parameter: string, expected: string, text: string): ProblemError {
  return new ProblemError(
    "invalid-request",
    `${parameter}: expected ${expected}, got "${text.slice(0, 80)}"`,
  );
}
