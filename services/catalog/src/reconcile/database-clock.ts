import type { Pool } from "@segue/catalog-db";
import { z } from "zod";

/** The clock that all catalogs have in common: what one of them notes to be due later is due then for the others. */
export interface DatabaseClock {
  /** This machine's, until it is set. */
  now(): Date;
  /** Sets it by the database's. */
  set(): Promise<void>;
}

const Told = z.tuple([z.object({ now: z.date() })]);

/** @param ownMs this machine's clock, in ms since the epoch. */
export function createDatabaseClock(pool: Pool, ownMs: () => number = Date.now): DatabaseClock {
  let aheadMs = 0;
  return {
    now: () => new Date(ownMs() + aheadMs),
    async set() {
      const askedMs = ownMs();
      const { rows } = await pool.query("select clock_timestamp() as now");
      const [{ now }] = Told.parse(rows);
      aheadMs = now.getTime() - (askedMs + ownMs()) / 2;
    },
  };
}
