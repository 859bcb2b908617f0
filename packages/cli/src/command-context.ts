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
  stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
