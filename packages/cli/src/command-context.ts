import type { CliConfig } from "./config.ts";

/** What every command is given. */
export interface CommandContext {
  readonly config: CliConfig;
  /** Results. */
  readonly stdout: NodeJS.WritableStream;
  /** Words about what goes on, and errors. */
  readonly stderr: NodeJS.WritableStream;
  /** Told of the code that the process ends with, if it is not 0. */
  onExitCode(code: number): void;
}

/** Writes a value as one JSON document. */
export function writeJson({ stdout }: CommandContext, value: unknown): void {
  stdout.write(`${toJson(value, 2)}\n`);
}

/** JSON that is safe to look at: also the control characters are escaped that JSON lets through, and a terminal obeys. */
export function toJson(value: unknown, indent = 0): string {
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    escaped,
  );
}
