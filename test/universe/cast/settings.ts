import { join } from "node:path";
import { diskRoot } from "../world/disk.ts";

/** The fleet's own pauses, some of them longer than it ships with: rounds in which nothing is to be done prove nothing. */
export const serverEnv: Readonly<Record<string, string>> = {
  DATABASE_URL: "postgres://segue@database.test:5432/segue",
  SEGUE_CATALOG_BATCH_MS: "500",
  SEGUE_INTERMEDIATES_KEEP_MS: "20000",
  SEGUE_RECONCILE_QUIET_MS: "120000",
  SEGUE_RECONCILE_EVERY_MS: "60000",
  SEGUE_RECONCILE_MAX_ANNOUNCEMENTS: "30",
  SEGUE_BACKFILL_EVERY_MS: "20000",
  SEGUE_TAKEDOWN_GRACE_MS: "150000",
  SEGUE_TAKEDOWN_HORIZON_MS: "420000",
  SEGUE_TAKEDOWN_PAUSE_MS: "5000",
  SEGUE_RECEIPT_KEY: "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g",
  SEGUE_WEBHOOKS: "0",
  SEGUE_SEARCH: "0",
};

export const chainPollMs = 300_000;
/** From SIGTERM to SIGKILL. */
export const noticeMs = 15_000;

export function workerEnv(worker: string): Readonly<Record<string, string>> {
  return {
    SEGUE_PREFIX: "toy",
    SEGUE_CONCURRENCY: "2",
    SEGUE_MAX_FAILURES: "5",
    SEGUE_SCRATCH_DIR: join(diskRoot, worker),
    SEGUE_WORKER: worker,
  };
}
