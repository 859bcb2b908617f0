import type { Clients } from "../play/clients.ts";
import type { Cloud } from "../world/cloud.ts";
import { type BackfillRow, readBackfills, readReplays, readTracks, type TrackRow } from "./read-catalog.ts";
import { areTakedownsOver } from "./takedowns.ts";

/** Subscriptions that hold something, but for those whose one process has been killed: nobody is to read them. */
function listWaiting({ queue }: Cloud) {
  return [...queue.subscriptions.values()].filter(
    ({ entries, isOneProcess, consumers }) => entries.size > 0 && !(isOneProcess && consumers.size === 0),
  );
}

/** Whether nothing is left to be done: every promise is kept, and every queue is empty. */
export function isAtRest(cloud: Cloud, clients: Clients): boolean {
  if (clients.open.size > 0) return false;
  if (listWaiting(cloud).length > 0) return false;
  const tracks = readTracks(cloud);
  const backfills = tracks && readBackfills(cloud);
  if (!tracks || !backfills) return false;
  const known = new Set(tracks.map(({ id }) => id));
  const backfilled = new Set(backfills.map(({ id }) => id));
  for (const { errand, id } of clients.promised.values()) {
    if (errand.kind === "submit" && !known.has(id) && !clients.deletions.mayRefuse(errand, () => id))
      return false;
    if (errand.kind === "backfill" && !backfilled.has(id)) return false;
  }
  const replays = readReplays(cloud);
  if (!areTakedownsOver(cloud, clients)) return false;
  return (
    replays?.every(({ stuck }) => stuck !== null) === true &&
    tracks.every((track) => !isOpen(track)) &&
    listRecomputing(tracks, backfills).length === 0 &&
    backfills.every((backfill) => !isUnderWay(backfill))
  );
}

function isOpen({ state }: TrackRow): boolean {
  return state === "accepted" || state === "processing";
}

/** One that is paused has what it has begun come to its end, or not: nobody asks for it again. */
function isPaused({ state }: BackfillRow): boolean {
  return state === "paused";
}

/** One that has ended, or was cancelled, has nothing under way either. */
function isUnderWay(backfill: BackfillRow): boolean {
  const { state, underWay } = backfill;
  return state === "running" || state === "requested" || (!isPaused(backfill) && underWay > 0);
}

function listRecomputing(tracks: readonly TrackRow[], backfills: readonly BackfillRow[]): TrackRow[] {
  if (backfills.some(isPaused)) return [];
  return tracks.filter(({ outcomes }) => outcomes.some(({ isRecomputing }) => isRecomputing));
}

/** What is still to be done. */
export function describeUnrest(cloud: Cloud, { open, promised }: Clients): string {
  const waiting = listWaiting(cloud).map(({ name, entries }) => `${name} holds ${entries.size}`);
  const tracks = readTracks(cloud) ?? [];
  const backfills = readBackfills(cloud) ?? [];
  return [
    `unanswered: ${[...open].join(", ") || "none"}`,
    `promised: ${promised.size}`,
    ...waiting,
    ...tracks
      .filter(isOpen)
      .map(
        ({ id, state, outcomes }) =>
          `track ${id} is ${state} after ${outcomes.map(({ step }) => step).join(", ")}`,
      ),
    ...listRecomputing(tracks, backfills).map(({ id, outcomes }) => {
      const steps = outcomes.filter(({ isRecomputing }) => isRecomputing).map(({ step }) => step);
      return `track ${id} is recomputing ${steps.join(", ")}`;
    }),
    ...backfills
      .filter(isUnderWay)
      .map(({ id, state, underWay }) => `backfill ${id} is ${state} with ${underWay} tracks under way`),
  ].join("; ");
}
