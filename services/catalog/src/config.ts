import { readEnv } from "@segue/telemetry";
import { z } from "zod";

const whole = z.coerce.number({ error: "expected a whole number" }).int("expected a whole number");

const schema = z.object({
  DATABASE_URL: z
    .string({ error: "expected a postgres:// URL" })
    .regex(/^postgres(ql)?:\/\//, "expected a postgres:// URL"),
  SEGUE_CATALOG_BATCH_MS: whole.min(0).max(10_000).default(50),
  SEGUE_CATALOG_BATCH_MESSAGES: whole.min(1).max(1_000).default(500),
  SEGUE_CATALOG_HOLD_MS: whole.min(0).max(55_000).default(45_000),
  SEGUE_DRAIN_MS: whole.min(100).max(600_000).default(12_000),
});

export interface CatalogConfig {
  readonly databaseUrl: string;
  /** How long a fact waits for company, in ms: a transaction costs more than the rows in it. */
  readonly batchMs: number;
  readonly batchMessages: number;
  /** How long messages are held while the database is away, in ms, before they go back to the queue. Under a minute: leases end there. */
  readonly holdMs: number;
  readonly drainMs: number;
}

/** @throws {ConfigError} naming each variable that is wrong. */
export function readCatalogConfig(env: NodeJS.ProcessEnv): CatalogConfig {
  const parsed = readEnv(schema, env);
  return Object.freeze({
    databaseUrl: parsed.DATABASE_URL,
    batchMs: parsed.SEGUE_CATALOG_BATCH_MS,
    batchMessages: parsed.SEGUE_CATALOG_BATCH_MESSAGES,
    holdMs: parsed.SEGUE_CATALOG_HOLD_MS,
    drainMs: parsed.SEGUE_DRAIN_MS,
  });
}
