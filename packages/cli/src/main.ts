import { readCliConfig } from "./config.ts";
import { runProgram } from "./run-program.ts";

const { stdout, stderr } = process;
stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader that went away (`| head`) has seen what it wanted.
  if (error.code !== "EPIPE") throw error;
});
const exitCode = await runProgram(process.argv.slice(2), { config: readCliConfig(), stdout, stderr });
if (exitCode !== 0) process.exitCode = exitCode;
