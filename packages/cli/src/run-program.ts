import { ConfigError } from "@segue/telemetry/env";
import { CommanderError } from "commander";
import type { CommandContext } from "./command-context.ts";
import { commandExitCodes } from "./command-exit-codes.ts";
import { checkVariableNames } from "./config.ts";
import { NoSuchService } from "./no-such-service.ts";
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
    const isOfSurroundings = error instanceof ConfigError || error instanceof NoSuchService;
    return isOfSurroundings ? commandExitCodes.unreachable : commandExitCodes.failed;
  }
}

/** In one line: where in the code it happened helps those who debug, and they can ask for it. */
function describeFailure(error: unknown, logLevel: string | undefined): string {
  if (!(error instanceof Error)) return String(error);
  const isDebugged = logLevel === "debug" || logLevel === "trace";
  if (isDebugged) return error.stack ?? error.message;
  return (error.message || error.name).replace(/\n\s*/g, "; ");
}
