export { runProgram } from "../run-program.ts";
export { type CliRun, runCli } from "./run-cli.ts";
