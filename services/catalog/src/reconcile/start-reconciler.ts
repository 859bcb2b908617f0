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
import { startLooks } from "../looks.ts";
import { deriveAnew } from "../rederive-tracks.ts";
import type { Facts } from "../rows.ts";
import type { Spent } from "../spent-intermediates.ts";
import type { OnTold } from "../write-catalog.ts";
import { createSweep } from "./create-sweep.ts";
import { createDatabaseClock } from "./database-clock.ts";
import { readNextLooks } from "./next-looks.ts";
import type { Progress } from "./progress.ts";
import { repairReplays } from "./repair-replays.ts";
import { repairTracks } from "./repair-tracks.ts";
import { createReplayWatches } from "./replay-watches.ts";
import { createWatches } from "./watches.ts";

/** Open tracks are counted so far: a count walks an index. */
const mostCounted = 100_000;

/** Families of outside programs that were last seen longer ago are gone. */
const toolsOfLateMs = 24 * 3_600_000;
/** Storage is swept so often where nobody has been asked for anything, and news can be heard. */
const sweepRestMs = 300_000;
/** What is measured is measured so often where nothing has changed. */
const figuresRestMs = 600_000;

export interface ReconcilerOptions extends ServerContext, ReconcileConfig {
  readonly pool: Pool;
  readonly progress: Progress;
  readonly events: Pick<CatalogEvents, "trackReconciled" | "openTracksCounted" | "toolsRead">;
  /** Hears of what the reconciler has found in storage, and the database has taken. */
  onStored(facts: Facts): void;
  /** Hears of intermediates that nobody needs any more. */
  onSpent?(spent: readonly Spent[]): void;
  readonly onTold?: OnTold;
}

export interface Reconciler {
  /** Something has come into the database: from the queue, or as found in storage. */
  note(facts: Facts): void;
  stop(): Promise<void>;
}

type Parts = ReturnType<typeof createParts>;

/**
 * Keeps the promise that every accepted track is at any time terminal or owned: looks for tracks that are neither, and
 * has them taken up again. What fails is tried again at the next look.
 *
 * A look comes when something is due: the database tells when that is, and what this catalog hears brings it forward. What only another one
 * has heard, which has died since, waits for `quietMs` more at most.
 */
export function startReconciler(options: ReconcilerOptions): Reconciler {
  const { log, everyMs, quietMs, news } = options;
  const parts = createParts(options);
  const { sweep, clock } = parts;
  const failing = new Set<string>();
  /** What stands in the way of one duty is nothing to the others. False: it could not be done. */
  const fulfil = async (duty: string, work: () => Promise<void>) => {
    try {
      await work();
      failing.delete(duty);
      return true;
    } catch (error) {
      if (!failing.has(duty)) log.warn({ error, duty }, "the reconciler can't look after tracks now");
      failing.add(duty);
      return false;
    }
  };
  const figures = createFigures(options, fulfil);
  const look = async () => {
    await fulfil("set the clock", clock.set);
    await fulfil("sweep", sweep.run);
    let next = { tracks: false, replays: false, inMs: 0 };
    const isKnown = await fulfil("find what is due", async () => {
      next = await readNext(parts);
    });
    if (!isKnown || next.tracks) await fulfil("repair tracks", () => repairTracks(parts));
    if (!isKnown || next.replays) await fulfil("repair replays", () => repairReplays(parts));
    await figures.renew();
    if (!isKnown || next.tracks || next.replays || failing.size > 0) return everyMs;
    // Several catalogs do not all look at the moment when something is due.
    return Math.max(0, next.inMs) + Math.random() * everyMs;
  };
  const looks = startLooks({ look, shortestMs: everyMs, longestMs: Math.max(everyMs, quietMs) });
  news?.onNews((told) => {
    if (told !== undefined && told.type !== "RequestsUntold") return;
    sweep.call();
    looks.within(quietMs);
  });
  return {
    note(facts) {
      figures.note();
      const { tracks, requests, backfills, steerings, takedowns } = facts;
      // Before a master goes that was deleted, storage is to be swept for others that have brought the same bytes.
      const calling = [tracks, requests, backfills, steerings, takedowns];
      if (calling.every(({ length }) => length === 0)) return;
      sweep.call();
      const asked = [...tracks.map((row) => row.accepted_at), ...requests.map((row) => row.requested_at)];
      const nowMs = parts.now().getTime();
      const firstMs = asked.reduce((least, at) => Math.min(least, Date.parse(at)), nowMs);
      looks.within(Math.max(0, firstMs + quietMs - nowMs));
    },
    stop: () => looks.stop(),
  };
}

function createParts(options: ReconcilerOptions) {
  const { store, names, pubsub, pool, quietMs, events, news, onTold } = options;
  const clock = createDatabaseClock(pool);
  const { now } = clock;
  const watches = createWatches(pool, onTold);
  const heard = { ...options, watches, onEvent: events.trackReconciled, now };
  // Who can't hear that some were not told of looks himself.
  const restMs = () => (news?.isListening() ? Math.max(quietMs, sweepRestMs) : quietMs);
  return {
    ...heard,
    clock,
    replays: createReplayWatches(pool, options.chain, options),
    requests: createRequestObjects(store, names),
    tracks: createTrackObjects(store, names),
    artifacts: createArtifacts(store, names),
    checkpoints: createCheckpoints(store, names),
    holds: createHolds(store, names),
    amendments: createAmendments(store, names),
    publisher: createPublisher(createSend(pubsub, names), options.chain),
    derive: async (ids: readonly string[]) =>
      options.onSpent?.(await deriveAnew(pool, options.chain, ids, onTold)),
    sweep: createSweep(heard, { quietMs, restMs }),
  };
}

/** Which duties are due by what the database says, and when something is next. */
async function readNext({ pool, sweep, now, quietMs }: Parts) {
  const at = now();
  const due = await readNextLooks(pool, quietMs);
  const isDue = (when: Date | null) => when !== null && when <= at;
  const timesMs = [due.tracks, due.replays].flatMap((when) => (when ? [when.getTime() - at.getTime()] : []));
  return {
    tracks: isDue(due.tracks),
    replays: isDue(due.replays),
    inMs: Math.min(sweep.dueInMs(), ...timesMs),
  };
}

/** What is measured: anew once something has changed. */
function createFigures(
  { pool, events }: ReconcilerOptions,
  fulfil: (duty: string, work: () => Promise<void>) => Promise<boolean>,
) {
  let renewAtMs = 0;
  return {
    note() {
      renewAtMs = 0;
    },
    async renew() {
      const startedAtMs = performance.now();
      if (startedAtMs < renewAtMs) return;
      renewAtMs = startedAtMs + figuresRestMs;
      const isCounted = await fulfil("count open tracks", async () =>
        events.openTracksCounted((await countOpenTracks(pool, mostCounted)).open),
      );
      const isRead = await fulfil("read tools", async () =>
        events.toolsRead(await readTools(pool, new Date(Date.now() - toolsOfLateMs))),
      );
      if (!isCounted || !isRead) renewAtMs = 0;
    },
  };
}
