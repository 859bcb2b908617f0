import type { UnderlyingError } from "@segue/contracts";

/** A failure as reports have it. */
interface ReportedFailure {
  readonly code: string;
  readonly message: string;
  readonly underlying?: UnderlyingError | null | undefined;
}

/** What went wrong in the end: of a step that was given up, the last error of its attempts. */
export function underlyingOf({ code, message, underlying }: ReportedFailure): UnderlyingError {
  return underlying ?? lastOf(message) ?? { code, message };
}

/** Failures from before the last error had a field of its own say it in words, without its code; thrown errors were most of them. */
function lastOf(message: string): UnderlyingError | undefined {
  const [, last] = /^\d+ attempts failed; the last: (.+)$/s.exec(message) ?? [];
  return last === undefined ? undefined : { code: "step-failed", message: last };
}

/** Words in which what differs from file to file is left out, so that failures of one cause are told alike. */
export function likeWords(message: string): string {
  return message
    .replace(/(["'`]).*?\1/g, "…")
    .replace(/(?:[a-z]+:\/|[A-Za-z]:)?(?:[\\/][^\s\\/:,;)]+)+/g, "…")
    .replace(/\b[0-9a-f]{8,}(?:-[0-9a-f]+)*\b/gi, "…")
    .replace(/\d+(?:[.,]\d+)*/g, "…")
    .replace(/\s+/g, " ")
    .trim();
}

/** Whether two failures have one cause, as far as their code tells; of an error that was not classified, its words too. */
export function isSameFailure(a: ReportedFailure, b: ReportedFailure): boolean {
  const [one, other] = [underlyingOf(a), underlyingOf(b)];
  if (one.code !== other.code) return false;
  return one.code !== "step-failed" || likeWords(one.message) === likeWords(other.message);
}
