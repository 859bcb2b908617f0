import { readEnv } from "@segue/telemetry";
import { z } from "zod";
import type { BackfillConfig } from "./backfill/start-backfills.ts";

const whole = z.coerce.number({ error: "expected a whole number" }).int("expected a whole number");

const schema = z.object({
  DATABASE_URL: z
    .string({ error: "expected a postgres:// URL" })
    .regex(/^postgres(ql)?:\/\//, "expected a postgres:// URL"),
  SEGUE_CATALOG_BATCH_MS: whole.min(0).max(10_000).default(50),
  SEGUE_CATALOG_BATCH_MESSAGES: whole.min(1).max(1_000).default(500),
  SEGUE_CATALOG_HOLD_MS: whole.min(0).max(55_000).default(45_000),
  SEGUE_RECONCILE_QUIET_MS: whole.min(100).default(60_000),
  SEGUE_RECONCILE_EVERY_MS: whole.min(50).default(10_000),
  SEGUE_RECONCILE_MAX_ANNOUNCEMENTS: whole.min(1).max(30).default(6),
  SEGUE_BACKFILL_EVERY_MS: whole.min(20).default(500),
  SEGUE_DRAIN_MS: whole.min(100).max(600_000).default(12_000),
});

export interface CatalogConfig {
  readonly databaseUrl: string;
  /** How long a fact waits for company, in ms: a transaction costs more than the rows in it. */
  readonly batchMs: number;
  readonly batchMessages: number;
  /** How long messages are held while the database is away, in ms, before they go back to the queue. Under a minute: leases end there. */
  readonly holdMs: number;
  readonly reconcile: ReconcileConfig;
  readonly backfill: BackfillConfig;
  readonly drainMs: number;
}

export interface ReconcileConfig {
  /** How long nothing must have been heard of a track, or done by a step, before either is looked into, in ms. */
  readonly quietMs: number;
  /** How often to look, in ms. */
  readonly everyMs: number;
  /** How often a track's master is announced again without any progress, before the track is called stuck. */
  readonly maxAnnouncements: number;
}

/** @throws {ConfigError} naming each variable that is wrong. */
export function readCatalogConfig(env: NodeJS.ProcessEnv): CatalogConfig {
  const parsed = readEnv(schema, env);
  return Object.freeze({
    databaseUrl: parsed.DATABASE_URL,
    batchMs: parsed.SEGUE_CATALOG_BATCH_MS,
    batchMessages: parsed.SEGUE_CATALOG_BATCH_MESSAGES,
    holdMs: parsed.SEGUE_CATALOG_HOLD_MS,
    reconcile: Object.freeze({
      quietMs: parsed.SEGUE_RECONCILE_QUIET_MS,
      everyMs: parsed.SEGUE_RECONCILE_EVERY_MS,
      maxAnnouncements: parsed.SEGUE_RECONCILE_MAX_ANNOUNCEMENTS,
    }),
    backfill: Object.freeze({
      everyMs: parsed.SEGUE_BACKFILL_EVERY_MS,
      quietMs: parsed.SEGUE_RECONCILE_QUIET_MS,
    }),
    drainMs: parsed.SEGUE_DRAIN_MS,
  });
}
