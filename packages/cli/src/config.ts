import { resolve } from "node:path";

/** What the command line reads from the environment; everything else comes as arguments. */
export interface CliConfig {
  /** The folder that the user is in. npm runs scripts in the package's root and says here where it was called. */
  readonly cwd: string;
  /** For processes that are started. */
  readonly env: NodeJS.ProcessEnv;
}

export function readCliConfig(): CliConfig {
  return Object.freeze({ cwd: resolve(process.env.INIT_CWD || process.cwd()), env: process.env });
}
