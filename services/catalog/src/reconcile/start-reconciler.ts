import { setTimeout as sleep } from "node:timers/promises";
import { createArtifacts, createCheckpoints, createHolds } from "@segue/artifacts";
import { countOpenTracks, type Pool, readTools } from "@segue/catalog-db";
import { createPublisher, createSend } from "@segue/queue";
import type { ServerContext } from "@segue/step";
import type { ReconcileConfig } from "../config.ts";
import type { CatalogEvents } from "../events.ts";
import type { Progress } from "./progress.ts";
import { repairTracks } from "./repair-tracks.ts";
import { sweepTrackObjects } from "./sweep-track-objects.ts";
import { createWalk } from "./walk.ts";
import { createWatches } from "./watches.ts";

/** Sweeps go back to where the one before ended, whoever did it and however long ago, and some more. */
const sweepOverlapMs = 120_000;
/** Open tracks are counted so far: a count walks an index. */
const mostCounted = 100_000;

/** Families of outside programs that were last seen longer ago are gone. */
const toolsOfLateMs = 24 * 3_600_000;

export interface ReconcilerOptions extends ServerContext, ReconcileConfig {
  readonly pool: Pool;
  readonly progress: Progress;
  readonly events: Pick<CatalogEvents, "trackReconciled" | "openTracksCounted" | "toolsRead">;
}

export interface Reconciler {
  stop(): Promise<void>;
}

/**
 * Keeps the promise that every accepted track is at any time terminal or owned: looks for tracks that are neither, and
 * has them taken up again. What fails is tried again at the next look.
 */
export function startReconciler(options: ReconcilerOptions): Reconciler {
  const { store, names, pubsub, pool, log, everyMs, quietMs, events } = options;
  const parts = {
    ...options,
    watches: createWatches(pool),
    artifacts: createArtifacts(store, names),
    checkpoints: createCheckpoints(store, names),
    holds: createHolds(store, names),
    publisher: createPublisher(createSend(pubsub, names), options.chain),
    onEvent: events.trackReconciled,
    now: () => new Date(),
  };
  const walk = createWalk(2 * quietMs);
  let nextSweepAtMs = 0;
  const sweep = async () => {
    if (Date.now() < nextSweepAtMs) return;
    const to = new Date(Date.now() - quietMs);
    const sweptTo = await parts.watches.readSweptTo();
    // A database that knows of no sweep is new, or was made anew: all that storage has is looked at.
    const fromMs = sweptTo === undefined ? 0 : Math.max(0, sweptTo.getTime() - sweepOverlapMs);
    await sweepTrackObjects(parts, { from: new Date(fromMs), to });
    await parts.watches.noteSweptTo(to);
    nextSweepAtMs = Date.now() + quietMs;
  };
  const stopping = new AbortController();
  let failing = false;
  const work = async () => {
    while (!stopping.signal.aborted) {
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      try {
        await sweep();
        await repairTracks(parts, walk);
        events.openTracksCounted((await countOpenTracks(pool, mostCounted)).open);
        events.toolsRead(await readTools(pool, new Date(Date.now() - toolsOfLateMs)));
        failing = false;
      } catch (error) {
        if (!failing) log.warn({ error }, "the reconciler can't look after tracks now");
        failing = true;
      }
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
