/**
 * One round of a backfill. Its state is in the database, so any catalog goes on with it where another stopped:
 *
 *   settle -- tracks that have come to their end are counted, and leave
 *     | overdue: nothing was heard of a track for long -> announce it again, later each time
 *   paused, or cancelled -> nothing more
 *   top up -- the next tracks, as many as may be under way, are planned, noted, then announced
 *     | nothing is to be done for one -> counted as complete
 *   none is left, and none is under way -> done
 *
 * A track is noted before it is announced: what dies in between is overdue in time.
 */

import type { Artifacts } from "@segue/artifacts";
import type { Pool } from "@segue/catalog-db";
import { planRequest } from "@segue/chain";
import { Master, requestIdOf } from "@segue/contracts";
import { countTracks, planTracks, type TrackSelection } from "@segue/plan";
import type { Publisher } from "@segue/queue";
import type { ServerContext } from "@segue/step";
import type { BackfillRows, BegunTrack, DrivenBackfill, EndedTrack, UnderWayRow } from "./backfill-rows.ts";
import { judgeProgress } from "./judge-progress.ts";
import { planAnnouncement } from "./plan-announcement.ts";
import { widenTrackObject } from "./widen-track-object.ts";

/** Tracks planned by one query: memory and statements stay small however large the catalog is. */
const page = { min: 50, max: 500 };
/** Then the round ends: others are to be looked at, and this process is to say that it is still at work. */
const topUpMs = 2_000;
/** Begun in one go: what is announced is not far behind what is noted. */
const begunAtOnce = 64;
/** Requests to storage and queue, side by side. */
const requestsAtOnce = 16;

export interface DriverParts extends Pick<ServerContext, "chain" | "store" | "names" | "log"> {
  readonly pool: Pool;
  readonly rows: BackfillRows;
  readonly artifacts: Artifacts;
  readonly publisher: Publisher;
  /** How long nothing must have been heard of a track before it is announced again, in ms. */
  readonly quietMs: number;
  /** Backfills whose tracks could not be counted. */
  readonly uncounted: Set<string>;
}

type Noted = Pick<BegunTrack, "trackId" | "master" | "steps" | "force" | "versions">;

export async function driveBackfill(parts: DriverParts, backfill: DrivenBackfill): Promise<void> {
  const open = await settle(parts, backfill);
  if (backfill.state !== "running") return;
  if (backfill.total === null) await countOnce(parts, backfill);
  const isOver = (await topUp(parts, backfill, open)) && open === 0;
  if (isOver) await parts.rows.finish(backfill.id);
}

/** Returns how many are still under way. */
async function settle(parts: DriverParts, backfill: DrivenBackfill): Promise<number> {
  const { rows, chain, quietMs } = parts;
  const tracks = await rows.underWay(backfill.id, quietMs);
  const ended: EndedTrack[] = [];
  const lost: UnderWayRow[] = [];
  for (const track of tracks) {
    const progress = judgeProgress(track, chain);
    if (progress.status === "succeeded") ended.push({ trackId: track.trackId, failures: [] });
    else if (progress.status === "failed")
      ended.push({ trackId: track.trackId, failures: progress.failures });
    else if (track.overdue && backfill.state === "running") lost.push(track);
  }
  if (ended.length > 0) await rows.settle(backfill.id, ended);
  for (const track of lost) {
    await rows.postpone(backfill.id, track.trackId, quietMs);
    parts.log.warn(
      { backfill: backfill.id, track: track.trackId, announcements: track.announcements },
      "nothing is heard of a track of a backfill; it is announced again",
    );
  }
  await announceAll(parts, backfill, lost);
  return tracks.length - ended.length;
}

/** True when no track was left to be looked at, and none was begun. */
async function topUp(parts: DriverParts, backfill: DrivenBackfill, open: number): Promise<boolean> {
  const { rows, pool, chain, quietMs } = parts;
  const { id, targets, force, in_flight: limit } = backfill;
  let { cursor } = backfill;
  let room = limit - open;
  const until = performance.now() + topUpMs;
  while (room > 0 && performance.now() < until) {
    const selection = { ...selectionOf(backfill), after: cursor ?? undefined };
    const request = { targets, force, limit: Math.min(page.max, Math.max(page.min, 2 * room)) };
    const tracks = await planTracks(pool, chain, request, selection);
    if (tracks.length === 0) return room === limit - open;
    const begun: BegunTrack[] = [];
    let complete = 0;
    for (const track of tracks) {
      if (begun.length === Math.min(room, begunAtOnce)) break;
      const announcement = planAnnouncement(chain, track, targets);
      if (announcement) begun.push({ trackId: track.id, master: track.master, ...announcement });
      else complete += 1;
      cursor = track.id;
    }
    // What is asked of a track is safe in storage before anything is done about it.
    await sideBySide(begun, (track) => widenTrackObject(parts, track));
    await rows.begin(id, begun, { cursor: cursor ?? "", complete, quietMs });
    await announceAll(parts, backfill, begun);
    room -= begun.length;
  }
  return false;
}

function selectionOf({ selection, requested_at }: DrivenBackfill): TrackSelection {
  const { trackId, acceptedSince, state } = selection;
  return {
    trackId: trackId ?? undefined,
    acceptedSince: acceptedSince === null ? undefined : new Date(acceptedSince),
    // Later ones are not of the past.
    acceptedUntil: requested_at,
    state: state ?? undefined,
  };
}

/**
 * Of tracks whose state changes while they are done, the number at the beginning. A catalog that is too large to be counted in
 * the time of a statement stays uncounted: a backfill does without.
 */
async function countOnce(
  { pool, rows, uncounted, log }: DriverParts,
  backfill: DrivenBackfill,
): Promise<void> {
  if (uncounted.has(backfill.id)) return;
  try {
    await rows.setTotal(backfill.id, await countTracks(pool, selectionOf(backfill)));
  } catch (error) {
    uncounted.add(backfill.id);
    log.warn({ error, backfill: backfill.id }, "the tracks of a backfill can't be counted");
  }
}

async function announceAll(
  parts: DriverParts,
  backfill: DrivenBackfill,
  tracks: readonly Noted[],
): Promise<void> {
  await sideBySide(tracks, (track) => announce(parts, backfill, track));
}

async function sideBySide<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += requestsAtOnce)
    await Promise.all(items.slice(from, from + requestsAtOnce).map(work));
}

async function announce(parts: DriverParts, backfill: DrivenBackfill, track: Noted): Promise<void> {
  const record = await parts.artifacts.readRecord(Master, track.master);
  if (!record) {
    const failures = [{ step: Master.name, code: "source-not-found" }];
    return parts.rows.settle(backfill.id, [{ trackId: track.trackId, failures }]);
  }
  const { trackId, master } = track;
  const request = planRequest(parts.chain, {
    // Announced again, it asks for the same work, and not for more of it.
    requestId: requestIdOf(backfill.id, trackId),
    trackId,
    master,
    wants: [...track.steps],
    force: [...track.force],
    // As it was planned, and is counted: the chain may have changed since.
    versions: { ...track.versions },
    priority: "backfill",
  });
  await parts.publisher.fact(record, request);
}
