import type { LogEntry, LogLine } from "@segue/launcher/logs";
import { levelOf, logLevels } from "@segue/telemetry/severity";
import { printable } from "@segue/wording";

const shownFirst = ["time", "severity", "message", "service"];

/** A line for people: when, how grave, who, what, and the rest as `name=value`. */
export function renderLogLine({ process, text, entry }: LogLine): string {
  if (!entry) return `${process}  ${printable(text)}`;
  const time = entry.time?.slice(11, 23) ?? "-";
  const fields = Object.entries(entry)
    .filter(([name]) => !shownFirst.includes(name))
    .map(([name, value]) => `${name}=${describe(value)}`);
  const head = [time, (levelIn(entry) ?? "-").padEnd(5), process, printable(entry.message ?? "")];
  return [...head, ...fields].join("  ");
}

function describe(value: unknown): string {
  if (typeof value === "object" && value !== null && "message" in value) {
    const { message, code } = value as { message: unknown; code?: unknown };
    return printable(code === undefined ? String(message) : `${String(code)}: ${String(message)}`);
  }
  return printable(typeof value === "string" ? value : JSON.stringify(value));
}

function levelIn({ severity }: LogEntry): string | undefined {
  return severity === undefined ? undefined : levelOf(severity);
}

/** Whether a line is as grave as `least`, and about the track if one is named. What is no JSON is always shown but for a track. */
export function isAsked(
  { text, entry }: LogLine,
  { least, track }: { readonly least: string; readonly track: string | undefined },
): boolean {
  if (track !== undefined && !text.includes(track)) return false;
  const level = entry && levelIn(entry);
  return level === undefined || logLevels.indexOf(level) >= logLevels.indexOf(least);
}

/** When a line was written, as text that sorts; what has no time of its own stays behind the line before it. */
export function sortByTime(lines: readonly LogLine[]): LogLine[] {
  const times = new Map<string, string>();
  const timed = lines.map((line) => {
    const at = line.entry?.time ?? times.get(line.process) ?? "";
    times.set(line.process, at);
    return { line, at };
  });
  return timed.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).map(({ line }) => line);
}

export type { LogEntry };
