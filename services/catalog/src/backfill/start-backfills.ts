import { randomUUID } from "node:crypto";
import {
  createArtifacts,
  createBackfillObjects,
  createRequestObjects,
  createTrackObjects,
} from "@segue/artifacts";
import type { Pool } from "@segue/catalog-db";
import { createPublisher, createSend } from "@segue/queue";
import type { ServerContext } from "@segue/step";
import type { Logger } from "@segue/telemetry";
import type { CatalogEvents } from "../events.ts";
import { startLooks } from "../looks.ts";
import { sweepAll } from "../reconcile/sweep-objects.ts";
import { createWatches } from "../reconcile/watches.ts";
import type { Facts } from "../rows.ts";
import type { OnTold } from "../write-catalog.ts";
import { createBackfillRows } from "./backfill-rows.ts";
import { driveBackfill } from "./drive-backfill.ts";
import type { DriverParts } from "./driver-parts.ts";

/** What another catalog was told of, and has died since, is found so soon. */
const longestRestMs = 30_000;

export interface BackfillConfig {
  /** Pause between rounds while there is something to do, in ms. */
  readonly everyMs: number;
  /** How long nothing must have been heard of a track before it is announced again, in ms. */
  readonly quietMs: number;
}

export interface BackfillsOptions extends ServerContext, BackfillConfig {
  readonly pool: Pool;
  readonly events: Pick<CatalogEvents, "backfillsDriven" | "trackReconciled">;
  /** Hears of what was found in storage, and the database has taken. */
  onStored(facts: Facts): void;
  readonly onTold?: OnTold;
}

export interface Backfills {
  /** Something has come into the database. */
  note(facts: Facts): void;
  stop(): Promise<void>;
}

/**
 * Drives the backfills that no other catalog drives: round after round while there is something to do, then once something is asked for.
 * One that this catalog can't go on with is left to the others, and tried again where none of them takes it.
 */
export function startBackfills(options: BackfillsOptions): Backfills {
  const { log, everyMs, events } = options;
  const driver = randomUUID();
  const parts = createParts(options);
  const { rows } = parts;
  const stopping = new AbortController();
  const failing = createFailing(log);
  const failingLooks = createFailing(log);
  /** When each was last driven by this process. */
  let drivenAtMs = new Map<string, number>();
  const round = async () => {
    await rows.leaveAlone();
    const claimed = await rows.claim(driver, failing.all(), failing.report);
    events.backfillsDriven(claimed);
    const nowMs = performance.now();
    const before = drivenAtMs;
    drivenAtMs = new Map(claimed.map(({ id }) => [id, nowMs]));
    for (const backfill of claimed) {
      if (stopping.signal.aborted) return;
      try {
        const { id, state } = backfill;
        if (state === "running") await rows.addActive(id, nowMs - (before.get(id) ?? nowMs));
        await driveBackfill(parts, backfill);
        failing.delete(id);
      } catch (error) {
        // One that can't go on, for a target that is gone say, holds up no other.
        failing.report(backfill.id, error);
      }
    }
  };
  /** Whether the last round had anything to do: what it has driven may rest now, and is let go of. */
  let isDriving = true;
  const look = async () => {
    try {
      const inMs = await rows.readDue(driver, failing.all());
      if (inMs === 0) await round();
      else if (isDriving) {
        await rows.letGo(driver);
        events.backfillsDriven([]);
        drivenAtMs = new Map();
      }
      isDriving = inMs === 0;
      failingLooks.delete("claim");
      return inMs ?? Number.POSITIVE_INFINITY;
    } catch (error) {
      failingLooks.report("claim", error);
      return everyMs;
    }
  };
  const looks = startLooks({ look, shortestMs: everyMs, longestMs: Math.max(everyMs, longestRestMs) });
  return {
    note({ backfills, steerings, backfillEnds }) {
      if (backfills.length + steerings.length + backfillEnds.length > 0) looks.within(0);
    },
    async stop() {
      stopping.abort();
      await looks.stop();
    },
  };
}

/** What was said of a backfill that fails, so that it is said once, until it goes on. */
function createFailing(log: Logger) {
  const said = new Map<string, string>();
  return {
    report(what: string, error: unknown) {
      const words = error instanceof Error ? error.message : String(error);
      if (said.get(what) !== words) log.warn({ error, what }, "backfills can't be driven now");
      said.set(what, words);
    },
    delete: (what: string) => void said.delete(what),
    all: () => [...said.keys()],
  };
}

function createParts(options: BackfillsOptions): DriverParts {
  const { pool, chain, store, names, pubsub, events, onTold } = options;
  const heard = {
    ...options,
    watches: createWatches(pool, onTold),
    onEvent: events.trackReconciled,
    now: () => new Date(),
  };
  return {
    ...options,
    rows: createBackfillRows(pool, chain, onTold),
    hear: (span) => sweepAll(heard, span),
    artifacts: createArtifacts(store, names),
    requests: createRequestObjects(store, names),
    tracks: createTrackObjects(store, names),
    backfills: createBackfillObjects(store, names),
    publisher: createPublisher(createSend(pubsub, names), chain),
    uncounted: new Set(),
  };
}
