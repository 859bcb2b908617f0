import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Fleet } from "@segue/step";
import type { Command } from "commander";

/**
 * Checks a step's name and a file's path as they were typed, and returns the file's absolute path.
 *
 * @throws {CommanderError} saying what was expected, if there is no such step or no such file.
 */
export async function findInput(
  command: Command,
  { chain }: Fleet,
  step: string,
  file: string,
  cwd: string,
): Promise<string> {
  const names = chain.steps.map(({ name }) => name);
  if (!names.includes(step)) {
    command.error(`error: expected a step (${names.join(", ")}), got "${step}"`);
  }
  const path = resolve(cwd, file);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) command.error(`error: expected a file, found none at ${file}`);
  return path;
}
