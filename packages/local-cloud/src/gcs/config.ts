import { readEnv, sharedVariables } from "@segue/telemetry";
import { z } from "zod";
import { doorsFile } from "../doors/variable.ts";

export const environment = z
  .object({
    SEGUE_GCS_PORT: z.coerce
      .number({ error: "expected a port number" })
      .int()
      .min(0)
      .max(65_535)
      .default(0)
      .describe("Port of the local cloud's Cloud Storage; 0 takes any free one, which the ready line tells"),
    SEGUE_DATA_DIR: sharedVariables.dataDir,
    SEGUE_DOORS_FILE: doorsFile,
    SEGUE_LOG_LEVEL: sharedVariables.logLevel,
  })
  .describe("the local cloud's Cloud Storage");

/** What the GCS process takes from its environment. Throws `ConfigError`. */
export function readGcsConfig() {
  return readEnv(environment, process.env);
}
