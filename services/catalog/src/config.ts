import { egressProxy, intakeVariables } from "@segue/intake";
import { readEnv, sharedVariables, wholeNumber } from "@segue/telemetry";
import { z } from "zod";
import type { BackfillConfig } from "./backfill/start-backfills.ts";
import { readPrivateKey } from "./takedowns/sign-receipts.ts";
import type { TakedownsConfig } from "./takedowns/start-takedowns.ts";

export const environment = z
  .object({
    DATABASE_URL: sharedVariables.databaseUrl,
    SEGUE_CATALOG_BATCH_MS: wholeNumber
      .min(0)
      .max(10_000)
      .default(50)
      .describe(
        "How long a fact waits for company before it is stored, in ms: a transaction costs more than its rows",
      ),
    SEGUE_CATALOG_BATCH_MESSAGES: wholeNumber
      .min(1)
      .max(1_000)
      .default(500)
      .describe("Messages that are stored in one transaction, at most"),
    SEGUE_CATALOG_HOLD_MS: wholeNumber
      .min(0)
      .max(55_000)
      .default(45_000)
      .describe(
        "How long messages are held while the database is away, in ms, before they go back to the queue",
      ),
    // Read by the fetch's own definition, when its replicas are reckoned; what is wrong is told at the start.
    SEGUE_FETCHES_AT_ONCE: sharedVariables.fetchesAtOnce,
    SEGUE_FETCHES_PER_HOST: sharedVariables.fetchesPerHost,
    SEGUE_INTERMEDIATES_KEEP_MS: wholeNumber
      .min(0)
      .max(86_400_000)
      .default(1_800_000)
      .describe(
        "How long intermediates are kept after all that was asked of their track has ended, in ms: what is asked for within it finds them",
      ),
    SEGUE_RECONCILE_QUIET_MS: wholeNumber
      .min(100)
      .default(60_000)
      .describe(
        "How long nothing must have been heard of a track, or done by a step, before either is looked into, in ms",
      ),
    SEGUE_RECONCILE_EVERY_MS: wholeNumber
      .min(50)
      .default(10_000)
      .describe(
        "Pause between the reconciler's looks for tracks that nobody owns while one is due, in ms; one is looked at so long after it is due at most",
      ),
    SEGUE_RECONCILE_MAX_ANNOUNCEMENTS: wholeNumber
      .min(1)
      .max(30)
      .default(6)
      .describe(
        "How often a track is announced again without any progress, before it is called stuck, where its step works for others",
      ),
    SEGUE_RECONCILE_MAX_IDLE_ANNOUNCEMENTS: wholeNumber
      .min(1)
      .max(10_000)
      .default(170)
      .describe(
        "The same where its step gives no results at all: with an hour between two, a week, for which the queue keeps what waits",
      ),
    SEGUE_BACKFILL_EVERY_MS: wholeNumber
      .min(20)
      .default(500)
      .describe("Pause between the rounds in which backfills are driven while there are any, in ms"),
    SEGUE_CHANGES_KEEP_DAYS: wholeNumber
      .min(1)
      .max(365)
      .default(7)
      .describe(
        "How long changes can be read again (`GET /v1/changes`), in days: a cursor that is older is refused. A track of eight steps takes 2 kB of the database so long",
      ),
    SEGUE_SEARCH: z
      .enum(["0", "1"], { error: "expected 0 or 1" })
      .default("1")
      .transform((text) => text === "1")
      .describe("0: this catalog keeps nothing to be searched for; others may, or it is made up for later"),
    SEGUE_WEBHOOKS: z
      .enum(["0", "1"], { error: "expected 0 or 1" })
      .default("1")
      .transform((text) => text === "1")
      .describe("0: this catalog sends nothing to webhooks; others may, or it is sent later"),
    SEGUE_WEBHOOK_DELIVERIES_KEEP_DAYS: wholeNumber
      .min(2)
      .max(365)
      .default(7)
      .describe(
        "How long what was sent to webhooks, or could not be, is in their logs and can be replayed, in days. A delivery takes about 1 kB of the database, 2 kB with what its receiver has answered",
      ),
    SEGUE_TAKEDOWN_GRACE_MS: wholeNumber
      .min(100)
      .max(86_400_000)
      .default(900_000)
      .describe(
        "How long a master that nobody has a track of is left alone after somebody has brought the same bytes, in ms: a track of them may not have been heard of. An owner's deletion takes so long at least",
      ),
    SEGUE_TAKEDOWN_HORIZON_MS: wholeNumber
      .min(100)
      .default(608_400_000)
      .describe(
        "For how long after the last that was heard of what was deleted something may still come, in ms: what the queue keeps messages for, a week, and an hour",
      ),
    SEGUE_TAKEDOWN_PAUSE_MS: wholeNumber
      .min(10)
      .max(600_000)
      .default(10_000)
      .describe("Pause between two sweeps for what was deleted, while something is found, in ms"),
    SEGUE_RECEIPT_KEY: z
      .string()
      .refine(isPrivateKey, "expected a private key for Ed25519: PEM, or base64 of its PKCS #8")
      .optional()
      .meta({
        description:
          "The private key, for Ed25519, that receipts of takedowns are signed with: PEM, or base64 of its PKCS #8, from a secret. Without one a takedown is done, and nobody has it in writing",
        secret: true,
      }),
    SEGUE_ALLOW_PRIVATE_SOURCES: intakeVariables.SEGUE_ALLOW_PRIVATE_SOURCES,
    SEGUE_EGRESS_PROXY: egressProxy,
    SEGUE_DRAIN_MS: sharedVariables.drainMs,
  })
  .describe("catalog");

export interface CatalogConfig {
  readonly databaseUrl: string;
  /** How long a fact waits for company, in ms: a transaction costs more than the rows in it. */
  readonly batchMs: number;
  readonly batchMessages: number;
  /** How long messages are held while the database is away, in ms, before they go back to the queue. Under a minute: leases end there. */
  readonly holdMs: number;
  /** How long intermediates are kept after all that was asked of their track has ended, in ms. */
  readonly intermediatesKeepMs: number;
  /** How long changes are kept, in ms. */
  readonly changesKeepMs: number;
  /** Whether this catalog keeps what is searched for. */
  readonly search: boolean;
  readonly webhooks: WebhooksConfig;
  readonly reconcile: ReconcileConfig;
  readonly backfill: BackfillConfig;
  readonly takedowns: TakedownsConfig;
  readonly drainMs: number;
}

export interface WebhooksConfig {
  /** Whether this catalog sends anything. */
  readonly isOn: boolean;
  /** How long deliveries are kept, in ms. */
  readonly keepMs: number;
  /** Whether they may be on private networks, and http://. */
  readonly allowPrivate: boolean;
  /** Through which they are called; directly when undefined. */
  readonly proxy: string | undefined;
}

export interface ReconcileConfig {
  /** How long nothing must have been heard of a track, or done by a step, before either is looked into, in ms. */
  readonly quietMs: number;
  /** Between two looks, in ms. */
  readonly everyMs: number;
  /** How often a track is announced again without any progress, before it is called stuck. */
  readonly maxAnnouncements: number;
  /** The same of one that waits for a step that gives no results. */
  readonly maxIdleAnnouncements: number;
}

/** @throws {ConfigError} naming each variable that is wrong. */
export function readCatalogConfig(env: NodeJS.ProcessEnv): CatalogConfig {
  const parsed = readEnv(environment, env);
  return Object.freeze({
    databaseUrl: parsed.DATABASE_URL,
    batchMs: parsed.SEGUE_CATALOG_BATCH_MS,
    batchMessages: parsed.SEGUE_CATALOG_BATCH_MESSAGES,
    holdMs: parsed.SEGUE_CATALOG_HOLD_MS,
    intermediatesKeepMs: parsed.SEGUE_INTERMEDIATES_KEEP_MS,
    changesKeepMs: parsed.SEGUE_CHANGES_KEEP_DAYS * 86_400_000,
    search: parsed.SEGUE_SEARCH,
    webhooks: Object.freeze({
      isOn: parsed.SEGUE_WEBHOOKS,
      keepMs: parsed.SEGUE_WEBHOOK_DELIVERIES_KEEP_DAYS * 86_400_000,
      allowPrivate: parsed.SEGUE_ALLOW_PRIVATE_SOURCES,
      proxy: parsed.SEGUE_EGRESS_PROXY,
    }),
    reconcile: Object.freeze({
      quietMs: parsed.SEGUE_RECONCILE_QUIET_MS,
      everyMs: parsed.SEGUE_RECONCILE_EVERY_MS,
      maxAnnouncements: parsed.SEGUE_RECONCILE_MAX_ANNOUNCEMENTS,
      maxIdleAnnouncements: parsed.SEGUE_RECONCILE_MAX_IDLE_ANNOUNCEMENTS,
    }),
    backfill: Object.freeze({
      everyMs: parsed.SEGUE_BACKFILL_EVERY_MS,
      quietMs: parsed.SEGUE_RECONCILE_QUIET_MS,
    }),
    takedowns: Object.freeze({
      graceMs: parsed.SEGUE_TAKEDOWN_GRACE_MS,
      horizonMs: parsed.SEGUE_TAKEDOWN_HORIZON_MS,
      pauseMs: parsed.SEGUE_TAKEDOWN_PAUSE_MS,
      receiptKey: parsed.SEGUE_RECEIPT_KEY,
    }),
    drainMs: parsed.SEGUE_DRAIN_MS,
  });
}

function isPrivateKey(text: string): boolean {
  try {
    readPrivateKey(text);
    return true;
  } catch {
    return false;
  }
}
