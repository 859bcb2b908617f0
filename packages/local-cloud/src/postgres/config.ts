import { readEnv, sharedVariables } from "@segue/telemetry";
import { z } from "zod";

export const environment = z
  .object({
    SEGUE_POSTGRES_PORT: z.coerce
      .number({ error: "expected a port number" })
      .int()
      .min(0)
      .max(65_535)
      .default(0)
      .describe("Port of the local cloud's Postgres; 0 takes any free one, which the ready line tells"),
    SEGUE_POSTGRES_PASSWORD: z
      .string({ error: "expected the password that clients must give" })
      .min(1)
      .describe("What clients of the local cloud's Postgres must know"),
    SEGUE_DATA_DIR: sharedVariables.dataDir,
    SEGUE_LOG_LEVEL: sharedVariables.logLevel,
  })
  .describe("the local cloud's Postgres");

/** What the Postgres process takes from its environment. Throws `ConfigError`. */
export function readPostgresConfig() {
  return readEnv(environment, process.env);
}
