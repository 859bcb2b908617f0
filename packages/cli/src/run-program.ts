import { describeFailure, isOfSurroundings } from "@segue/host/failure";
import { CommanderError } from "commander";
import type { CommandContext } from "./command-context.ts";
import { commandExitCodes } from "./command-exit-codes.ts";
import { checkVariableNames } from "./config.ts";
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
  // Not before: help is shown whatever the environment says.
  program.hook("preAction", () => checkVariableNames(context.config));
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has said what is wrong; help and the like end it with code 0.
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? commandExitCodes.succeeded : commandExitCodes.usage;
    context.stderr.write(`segue: ${describeFailure(error, context.config.env.SEGUE_LOG_LEVEL)}\n`);
    return isOfSurroundings(error) ? commandExitCodes.unreachable : commandExitCodes.failed;
  }
}
