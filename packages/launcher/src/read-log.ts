import { open, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";

/** A line of a log, and what can be told of it. */
export interface LogLine {
  /** The process that wrote it. */
  readonly process: string;
  readonly text: string;
  /** Undefined where the line is no JSON: a stack, a warning of Node's. */
  readonly entry: LogEntry | undefined;
}

const LogEntry = z.looseObject({
  time: z.string().optional(),
  severity: z.string().optional(),
  message: z.string().optional(),
});
export type LogEntry = z.infer<typeof LogEntry>;

/** Enough for hundreds of lines; logs grow large. */
const tailBytes = 512 * 1024;

/** Names of the processes that have a log, in the order of their names. Throws if there is no such folder. */
export async function listLogs(logDir: string): Promise<string[]> {
  const names = await readdir(logDir);
  return names.flatMap((name) => (name.endsWith(".log") ? [basename(name, ".log")] : [])).sort();
}

/** A log that is read from near its end, and again for what was added since. */
export class LogReader {
  readonly #process: string;
  readonly #file: string;
  #offset: number | undefined;
  #rest = "";

  /** @param from the byte to begin at; near the end when left out. */
  constructor(logDir: string, process: string, from?: number) {
    this.#process = process;
    this.#offset = from;
    this.#file = join(logDir, `${process}.log`);
  }

  /** Whole lines: the first time the last few hundred kilobytes', later those that are new. */
  async read(): Promise<LogLine[]> {
    const handle = await open(this.#file).catch(() => undefined);
    if (!handle) return [];
    try {
      const { size } = await handle.stat();
      const isFirst = this.#offset === undefined;
      let from = this.#offset ?? Math.max(0, size - tailBytes);
      // It was begun anew.
      if (from > size) from = 0;
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
      this.#offset = from + bytesRead;
      const lines = (this.#rest + buffer.toString("utf8", 0, bytesRead)).split("\n");
      this.#rest = lines.pop() ?? "";
      if (isFirst && from > 0) lines.shift();
      return lines
        .filter((line) => line !== "")
        .map((text) => ({ process: this.#process, text, entry: parse(text) }));
    } finally {
      await handle.close();
    }
  }
}

function parse(text: string): LogEntry | undefined {
  try {
    return LogEntry.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
