import { setTimeout as sleep } from "node:timers/promises";
import {
  createAmendments,
  createArtifacts,
  createCheckpoints,
  createHolds,
  createRequestObjects,
  createTrackObjects,
} from "@segue/artifacts";
import { countOpenTracks, type Pool, readTools } from "@segue/catalog-db";
import { createPublisher, createSend } from "@segue/queue";
import type { ServerContext } from "@segue/step";
import type { ReconcileConfig } from "../config.ts";
import type { CatalogEvents } from "../events.ts";
import { deriveAnew } from "../rederive-tracks.ts";
import { createSweep } from "./create-sweep.ts";
import type { Progress } from "./progress.ts";
import { repairReplays } from "./repair-replays.ts";
import { repairTracks } from "./repair-tracks.ts";
import { createReplayWatches } from "./replay-watches.ts";
import { createWatches } from "./watches.ts";

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
    replays: createReplayWatches(pool, options.chain),
    requests: createRequestObjects(store, names),
    tracks: createTrackObjects(store, names),
    artifacts: createArtifacts(store, names),
    checkpoints: createCheckpoints(store, names),
    holds: createHolds(store, names),
    amendments: createAmendments(store, names),
    publisher: createPublisher(createSend(pubsub, names), options.chain),
    onEvent: events.trackReconciled,
    derive: (ids: readonly string[]) => deriveAnew(pool, options.chain, ids),
    now: () => new Date(),
  };
  const sweep = createSweep(parts, quietMs);
  const stopping = new AbortController();
  const duties: Readonly<Record<string, () => Promise<void>>> = {
    sweep,
    "repair tracks": () => repairTracks(parts),
    "repair replays": () => repairReplays(parts),
    "count open tracks": async () =>
      events.openTracksCounted((await countOpenTracks(pool, mostCounted)).open),
    "read tools": async () => events.toolsRead(await readTools(pool, new Date(Date.now() - toolsOfLateMs))),
  };
  const failing = new Set<string>();
  /** What stands in the way of one of them is nothing to the others. */
  const fulfil = async (duty: string, work: () => Promise<void>) => {
    try {
      await work();
      failing.delete(duty);
    } catch (error) {
      if (!failing.has(duty)) log.warn({ error, duty }, "the reconciler can't look after tracks now");
      failing.add(duty);
    }
  };
  const work = async () => {
    while (!stopping.signal.aborted) {
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => {});
      for (const [duty, does] of Object.entries(duties)) {
        if (stopping.signal.aborted) return;
        await fulfil(duty, does);
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
