import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Runs a client's program to its end. Returns what it printed; throws with that and its complaints when it fails. */
export async function runClient(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  try {
    const { stdout, stderr } = await execute(program, args, {
      env: { ...process.env, ...environment },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout + stderr;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(" ")} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** The steps that a client's program says have gone well. */
export const listSteps = (output: string) => [...output.matchAll(/^ok (\w+)$/gm)].map(([, step]) => step);
