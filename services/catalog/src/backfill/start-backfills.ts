import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  createArtifacts,
  createBackfillObjects,
  createRequestObjects,
  createTrackObjects,
} from "@segue/artifacts";
import type { Pool } from "@segue/catalog-db";
import { createPublisher, createSend } from "@segue/queue";
import type { ServerContext } from "@segue/step";
import type { CatalogEvents } from "../events.ts";
import { type Span, sweepAll } from "../reconcile/sweep-objects.ts";
import { createWatches } from "../reconcile/watches.ts";
import { createBackfillRows } from "./backfill-rows.ts";
import { driveBackfill } from "./drive-backfill.ts";

export interface BackfillConfig {
  /** Pause between rounds, in ms. */
  readonly everyMs: number;
  /** How long nothing must have been heard of a track before it is announced again, in ms. */
  readonly quietMs: number;
}

export interface BackfillsOptions extends ServerContext, BackfillConfig {
  readonly pool: Pool;
  readonly events: Pick<CatalogEvents, "backfillsDriven" | "trackReconciled">;
}

/** Drives the backfills that no other catalog drives. What fails is tried again in the next round. */
export function startBackfills(options: BackfillsOptions): { stop(): Promise<void> } {
  const { pool, chain, store, names, pubsub, log, everyMs, events } = options;
  const driver = randomUUID();
  const rows = createBackfillRows(pool, chain);
  const heard = {
    ...options,
    watches: createWatches(pool),
    onEvent: events.trackReconciled,
    now: () => new Date(),
  };
  const parts = {
    ...options,
    rows,
    hear: (span: Span) => sweepAll(heard, span),
    artifacts: createArtifacts(store, names),
    requests: createRequestObjects(store, names),
    tracks: createTrackObjects(store, names),
    backfills: createBackfillObjects(store, names),
    publisher: createPublisher(createSend(pubsub, names), chain),
    uncounted: new Set<string>(),
  };
  const stopping = new AbortController();
  /** What was said of a backfill that fails, so that it is said once. */
  const failing = new Map<string, string>();
  const report = (what: string, error: unknown) => {
    const words = error instanceof Error ? error.message : String(error);
    if (failing.get(what) !== words) log.warn({ error, what }, "backfills can't be driven now");
    failing.set(what, words);
  };
  const round = async (sinceMs: number) => {
    const claimed = await rows.claim(driver);
    events.backfillsDriven(claimed);
    for (const backfill of claimed) {
      if (stopping.signal.aborted) return;
      try {
        if (backfill.state === "running") await rows.addActive(backfill.id, sinceMs);
        await driveBackfill(parts, backfill);
        failing.delete(backfill.id);
      } catch (error) {
        // One that can't go on, for a target that is gone say, holds up no other.
        report(backfill.id, error);
      }
    }
  };
  const work = async () => {
    let lastAtMs = performance.now();
    while (!stopping.signal.aborted) {
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      const nowMs = performance.now();
      try {
        await round(nowMs - lastAtMs);
        failing.delete("claim");
      } catch (error) {
        report("claim", error);
      }
      lastAtMs = nowMs;
    }
  };
  const working = work();
  return {
    async stop() {
      stopping.abort();
      await working;
    },
  };
}
