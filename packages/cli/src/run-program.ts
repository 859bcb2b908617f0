import { CommanderError } from "commander";
import type { CommandContext } from "./command-context.ts";
import { commandExitCodes } from "./command-exit-codes.ts";
import { createProgram } from "./program.ts";

/** Parses a command line and runs the command it names. @returns the code to exit with. */
export async function runProgram(
  args: readonly string[],
  context: Omit<CommandContext, "onExitCode">,
): Promise<number> {
  let exitCode: number = commandExitCodes.succeeded;
  const program = createProgram({
    ...context,
    onExitCode: (code) => {
      exitCode = code;
    },
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has said what is wrong; help and the like end it with code 0.
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? commandExitCodes.succeeded : commandExitCodes.usage;
  }
}
