import { type LogEntry, LogReader } from "./read-log.ts";

const longest = 500;

/**
 * The last thing that a process said in its log, for those who are told that it ended; empty if it said nothing. As it is in
 * the log: whoever shows it to people escapes what moves a cursor.
 *
 * @param from where in the log this run of it began, in bytes: what an earlier one said explains nothing.
 */
export async function lastWords(logDir: string, process: string, from: number): Promise<string> {
  const lines = await new LogReader(logDir, process, from).read();
  // A stack ends in frames and in the properties of what was thrown; what happened stands in the last line of the log's own.
  const own = lines.findLast(({ text, entry }) => entry !== undefined || text.startsWith("segue"));
  const line = own ?? lines.find(({ text }) => /^\w*Error/.test(text)) ?? lines.at(-1);
  if (!line) return "";
  const words = line.entry ? describe(line.entry) : line.text;
  return words.length > longest ? `${words.slice(0, longest)}…` : words;
}

function describe({ message = "", error, err }: LogEntry): string {
  const cause = error ?? err;
  const words = typeof cause === "object" && cause !== null && "message" in cause ? `: ${cause.message}` : "";
  return `${message}${words}`;
}
