import { createHash } from "node:crypto";
import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { StepError } from "@segue/contracts";
import { readProgramEnvironment } from "./config.ts";

export type Command = readonly (string | URL)[];

export interface PreparedCommand {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Finds the program and its files, so that a worker without them never takes a message.
 * @throws {StepError} `step-failed`, naming what is missing and where it was looked for.
 */
export async function prepareCommand(definition: {
  readonly name: string;
  readonly command: Command;
  readonly env?: Readonly<Record<string, string>>;
  readonly inheritEnv?: readonly string[];
}): Promise<PreparedCommand> {
  const env = { ...readProgramEnvironment(definition.inheritEnv ?? []), ...definition.env };
  const command = definition.command.map((part) => (part instanceof URL ? fileURLToPath(part) : part));
  const [program = ""] = command;
  for (const part of definition.command) {
    if (part instanceof URL && !isAccessible(fileURLToPath(part), constants.R_OK)) {
      throw missing(definition.name, `a readable file ${fileURLToPath(part)}`);
    }
  }
  // Windows has its own rules for what is a program.
  if (process.platform !== "win32" && !findProgram(program, env.PATH ?? "")) {
    throw missing(definition.name, `an executable ${program}; PATH is ${env.PATH}`);
  }
  return { command, env };
}

/** File name to SHA-256, of the command's own files. Read when the step is defined: they are part of what it is. */
export function digestFiles(command: Command): Record<string, string> {
  const files = command.filter((part) => part instanceof URL);
  return Object.fromEntries(
    files.map((url) => [
      url.pathname.slice(url.pathname.lastIndexOf("/") + 1),
      createHash("sha256").update(readFileSync(url)).digest("hex"),
    ]),
  );
}

function findProgram(program: string, path: string): boolean {
  const candidates = program.includes("/")
    ? [program].filter(isAbsolute)
    : path.split(delimiter).map((folder) => join(folder, program));
  return candidates.some((candidate) => isAccessible(candidate, constants.X_OK));
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function missing(step: string, what: string): StepError {
  return new StepError("step-failed", `${step} can't run here: expected ${what}`);
}
