import { resolve } from "node:path";
import { readEnv, refuseUnknownVariables, sharedVariables } from "@segue/telemetry/env";
import { z } from "zod";

/** In the folder that the user is in. */
export const defaultDataDir = ".segue";

export const environment = z
  .object({
    SEGUE_API: z
      .url({ error: "expected an http:// or https:// URL", protocol: /^https?$/ })
      .optional()
      .describe("The API of the fleet that commands ask; `--api` goes before it. `segue up` prints it"),
    SEGUE_API_KEY: z.string().min(1).optional().meta({
      description:
        "The key that commands send to an API which asks for one (`segue keys`). There is no option for it: others can read command lines",
      secret: true,
    }),
    SEGUE_API_PORT: sharedVariables.apiPort,
    SEGUE_FLEET_ID: sharedVariables.fleetId,
    SEGUE_DATA_DIR: sharedVariables.dataDir.default(defaultDataDir),
    // Other projects have one, too: its form is looked at by those who use it.
    DATABASE_URL: z
      .string()
      .optional()
      .describe(sharedVariables.databaseUrl.description ?? ""),
    INIT_CWD: z
      .string()
      .optional()
      .describe("The folder that the user is in, at which relative paths begin; npm sets it"),
  })
  .describe("the command line");

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

export interface CliSettings {
  readonly apiUrl: string | undefined;
  readonly apiKey: string | undefined;
  /** Of a fleet that is started here; 0 for any. */
  readonly apiPort: number;
  /** The fleet that is expected at `apiUrl`. */
  readonly fleetId: string | undefined;
  /** Absolute. */
  readonly dataDir: string;
}

/** @throws {ConfigError} naming each `SEGUE_` variable that nothing reads. */
export function checkVariableNames({ env }: CliConfig): void {
  refuseUnknownVariables(env);
}

/** @throws {ConfigError} naming each variable that is wrong, or unknown. */
export function readCliSettings({ cwd, env }: CliConfig): CliSettings {
  const parsed = readEnv(environment, env);
  return Object.freeze({
    apiUrl: parsed.SEGUE_API,
    apiKey: parsed.SEGUE_API_KEY,
    apiPort: parsed.SEGUE_API_PORT,
    fleetId: parsed.SEGUE_FLEET_ID,
    dataDir: resolve(cwd, parsed.SEGUE_DATA_DIR),
  });
}
