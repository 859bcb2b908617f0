import {
  createDeletions,
  createLedgers,
  createRequestObjects,
  createTakedownObjects,
} from "@segue/artifacts";
import type { Pool } from "@segue/catalog-db";
import type { Request } from "@segue/contracts";
import type { ServerContext } from "@segue/step";
import { applyFacts } from "../apply-facts.ts";
import { requestFacts } from "../facts-of.ts";
import { type Looks, startLooks } from "../looks.ts";
import type { Facts } from "../rows.ts";
import type { OnTold } from "../write-catalog.ts";
import { createBroughtMasters } from "./brought-masters.ts";
import { createReceiptSigner, readPrivateKey } from "./sign-receipts.ts";
import { type SweepParts, sweepTakedown, type TakedownPaces } from "./sweep-takedown.ts";
import { createTakedownRows, type OverdueTakedowns, type Takedown } from "./takedown-rows.ts";

/** Of one catalog, at once. */
const atOnce = 4;
const shortestMs = 200;
/** What is heard of what was deleted is noted by the tables alone: nobody tells. */
const watchMs = 60_000;
/** Where nothing is waited for. */
const restMs = 600_000;
const retryMs = 10_000;
/** Between two questions how late they are, while there is one after the other to be done. */
const judgeMs = 30_000;
/** Masters are gone through about once a day at most, where the queue keeps messages for a week. */
const walksPerHorizon = 7;

export interface TakedownsConfig extends TakedownPaces {
  /** A private key for Ed25519, as text; undefined: receipts are not signed, and so not given. */
  readonly receiptKey: string | undefined;
}

export interface TakedownEvents {
  /** How late those are that are not done, as of now. */
  takedownsJudged(overdue: OverdueTakedowns): void;
}

export interface TakedownsOptions
  extends Pick<ServerContext, "chain" | "names" | "store" | "log">,
    TakedownsConfig {
  readonly pool: Pool;
  readonly events: TakedownEvents;
  readonly onTold?: OnTold | undefined;
  /** Hears of what the database has taken. */
  onStored?(facts: Facts): void;
}

export interface Takedowns {
  /** Something has come into the database. */
  note(facts: Facts): void;
  stop(): Promise<void>;
}

/** Carries takedowns out: each by one catalog at a time, and by another where that dies. */
export function startTakedowns(options: TakedownsOptions): Takedowns {
  const { log, events } = options;
  const parts = createParts(options);
  const { rows, paces } = parts;
  const sweep = async (takedown: Takedown): Promise<boolean> => {
    try {
      await sweepTakedown(parts, takedown);
      return true;
    } catch (error) {
      log.warn({ error, takedown: takedown.id }, "a takedown can't go on now");
      return false;
    }
  };
  let judgedAt = Number.NEGATIVE_INFINITY;
  const judge = async () => {
    if (performance.now() - judgedAt < Math.min(judgeMs, paces.graceMs)) return;
    events.takedownsJudged(await rows.readOverdue(paces));
    judgedAt = performance.now();
  };
  const look = async (): Promise<number> => {
    try {
      await judge();
      const claimed = await rows.claim(atOnce, paces.pauseMs);
      const ended = await Promise.all(claimed.map(sweep));
      if (ended.includes(false)) return retryMs;
      if (claimed.length === atOnce) return 0;
      const { inMs, isNews } = await rows.readNext();
      if (isNews) return paces.pauseMs;
      return inMs === null ? restMs : Math.min(watchMs, Math.max(0, inMs));
    } catch (error) {
      log.warn({ error }, "takedowns can't be looked after now");
      return retryMs;
    }
  };
  const looks: Looks = startLooks({ look, shortestMs, longestMs: restMs });
  return {
    note({ takedowns }) {
      if (takedowns.length > 0) looks.within(0);
    },
    async stop() {
      await looks.stop();
      await parts.brought.stop();
    },
  };
}

function createParts(options: TakedownsOptions): SweepParts {
  const { pool, chain, names, store, log, onTold, onStored, receiptKey } = options;
  const { graceMs, horizonMs, pauseMs } = options;
  const deletions = createDeletions(store, names);
  return {
    ...{ pool, chain, log, onTold, deletions, paces: { graceMs, horizonMs, pauseMs } },
    rows: createTakedownRows(pool),
    brought: createBroughtMasters({ pool, deletions, log, everyMs: horizonMs / walksPerHorizon }),
    ledgers: createLedgers(store, names),
    requests: createRequestObjects(store, names),
    objects: createTakedownObjects(store, names),
    signer: receiptKey === undefined ? undefined : createReceiptSigner(readPrivateKey(receiptKey)),
    async take(request: Request) {
      const facts = requestFacts(request);
      const { changes } = await applyFacts(pool, chain, facts);
      if (changes.length > 0) onTold?.(changes);
      onStored?.(facts);
    },
  };
}
