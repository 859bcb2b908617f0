import { Writable } from "node:stream";
import { runProgram } from "../run-program.ts";

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** For tests: the command line from its arguments to its exit code, in this process, with what it wrote. */
export async function runCli(
  args: readonly string[],
  cwd = process.cwd(),
  env: NodeJS.ProcessEnv = {},
): Promise<CliRun> {
  const stdout = collect();
  const stderr = collect();
  const config = Object.freeze({ cwd, env });
  const code = await runProgram(args, { config, stdout: stdout.stream, stderr: stderr.stream });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collect() {
  let text = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { stream, text: () => text };
}
