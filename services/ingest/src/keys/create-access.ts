import type { Pool } from "@segue/catalog-db";
import type { Logger } from "@segue/telemetry";
import { keyless } from "../caller.ts";
import type { IngestConfig } from "../config.ts";
import { createOwnTables, type OwnTables } from "../own-tables.ts";
import { type AuditTrail, createAuditTrail } from "./audit-trail.ts";
import { dayOf } from "./day-of.ts";
import { createKeyFinder, type KeyFinder, type KeyPaces } from "./find-key.ts";
import { type ForgetPaces, startForgetting } from "./forget-old.ts";
import { createRateLimit, type RateLimit } from "./limit-rate.ts";
import { adminId, isTaken } from "./taken.ts";
import { type Rights, type RightsPaces, watchRights } from "./watch-rights.ts";

/** Who may do how much, and who has done what. */
export interface Access {
  readonly tables: OwnTables;
  readonly keys: KeyFinder;
  readonly rateLimit: RateLimit;
  readonly audit: AuditTrail;
  /** Whether the database lets it keep all that. */
  readonly rights: Rights;
  /** Whether a key that was taken is still; one of which nothing can be told now is. */
  isTaken(keyId: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface AccessOptions {
  readonly pool: Pool;
  readonly config: Pick<IngestConfig, "apiKeys" | "auditKeepDays">;
  readonly log: Logger;
  /** As in production when left out. */
  readonly keyPaces?: KeyPaces | undefined;
  readonly forgetOld?: ForgetPaces | undefined;
  readonly rightsPaces?: RightsPaces | undefined;
  now(): Date;
}

/** Some time in the first minute. */
const forgetPaces = () => ({ firstMs: 5_000 + Math.random() * 55_000, restMs: 3_600_000, pauseMs: 200 });

export function createAccess({
  pool,
  config,
  log,
  keyPaces,
  forgetOld,
  rightsPaces: paces,
  now,
}: AccessOptions): Access {
  const tables = createOwnTables(pool);
  const rights = watchRights({ readMissing: tables.readMissingRights, log, paces });
  const keys = createKeyFinder({
    read: tables.readKeys,
    noteUsed(ids) {
      if (ids.length === 0) return;
      tables
        .noteKeysUsed(ids)
        .catch((error: unknown) => log.debug({ error }, "that keys were used is not noted"));
    },
    ...(keyPaces ? { paces: keyPaces } : {}),
  });
  const audit = createAuditTrail({ log, insert: tables.insertAudit });
  const forgetSome = [() => tables.forgetAudit(config.auditKeepDays), () => tables.forgetUsage(dayOf(now()))];
  const stop =
    config.apiKeys === "off" ? () => {} : startForgetting(forgetSome, log, forgetOld ?? forgetPaces());
  return {
    ...{ tables, keys, audit, rights, rateLimit: createRateLimit() },
    async isTaken(keyId) {
      if (keyId === keyless || keyId === adminId) return true;
      const key = await keys.readAgain(keyId).catch(() => "unknown" as const);
      return key === "unknown" || (key !== undefined && isTaken(key, now()));
    },
    async close() {
      stop();
      rights.stop();
      await audit.close();
    },
  };
}
