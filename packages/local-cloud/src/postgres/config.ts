import { readEnv } from "@segue/telemetry";
import { z } from "zod";

const schema = z.object({
  /** 0 takes any free port. */
  SEGUE_POSTGRES_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  SEGUE_DATA_DIR: z.string({ error: "expected a folder" }).min(1),
  SEGUE_LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});

/** What the Postgres process takes from its environment. Throws `ConfigError`. */
export function readPostgresConfig() {
  return readEnv(schema, process.env);
}
