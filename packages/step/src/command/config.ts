import { z } from "zod";

export const environment = z
  .object({
    SEGUE_ATTEMPT: z
      .string()
      .optional()
      .describe(
        "Marks a program and all that it starts, so that they can be found and ended; set by the worker",
      ),
  })
  .describe("programs that a worker starts");

/**
 * Of the worker's environment, what every program gets: where to find things, and how text is read. No secrets; and no home
 * either, where clients of clouds look for them: a program's own is its scratch directory.
 */
const handedOn = ["PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT"];

/** @param inherit names of more variables of the worker's that the program is to see. */
export function readProgramEnvironment(
  inherit: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of [...handedOn, ...inherit]) {
    const value = env[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}
