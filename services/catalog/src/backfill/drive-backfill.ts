/**
 * One round of a backfill. Its state is in the database, so any catalog goes on with it where another stopped:
 *
 *   settle -- tracks that have come to their end are counted, and leave
 *     | overdue: nothing was heard of a track for long -> announce it again, later each time
 *   paused, or cancelled -> nothing more
 *   top up -- the next tracks, as many as may be under way, are planned, noted, then announced; those that nobody has fetched yet are fetched
 *     | nothing is to be done for one -> counted as complete
 *   none is left, and none is under way -> those that it has passed before the catalog had heard of them, as above
 *     | none that it has heard of -> it looks in storage for others; none -> done
 *
 * What is asked of a track is a request: an object first, then noted, then announced. What dies in between is planned again, to the same
 * request, or overdue in time.
 */

import { readBackfills } from "@segue/catalog-db";
import { countTracks, planTracks, type TrackSelection } from "@segue/plan";
import type { Span } from "../reconcile/sweep-objects.ts";
import { announce, announceAgain, keepItem, sideBySide } from "./announce-items.ts";
import type { EndedTrack, UnderWayRow } from "./backfill-rows.ts";
import { describeEnd } from "./describe-end.ts";
import type { DrivenBackfill } from "./driven-backfills.ts";
import type { DriverParts } from "./driver-parts.ts";
import { judgeProgress } from "./judge-progress.ts";
import { type Item, planItem, planUnfetched } from "./plan-item.ts";
import { readNotAsked, readUnfetched } from "./read-tracks.ts";

/** Tracks planned by one query: memory and statements stay small however large the catalog is. */
const page = { min: 50, max: 500 };
/** Then the round ends: others are to be looked at, and this process is to say that it is still at work. */
const topUpMs = 2_000;
/** Begun in one go: what is announced is not far behind what is noted. */
const begunAtOnce = 64;
export async function driveBackfill(parts: DriverParts, backfill: DrivenBackfill): Promise<void> {
  const open = await settle(parts, backfill);
  if (backfill.state !== "running") return;
  if (backfill.total === null) await countOnce(parts, backfill);
  let passed = await topUp(parts, backfill, open);
  if (passed === undefined || open > 0) return;
  if ((await beginLate(parts, passed)) || (await beginUnfetched(parts, passed))) return;
  const { trackId, state } = backfill.selection;
  if (trackId === null && state === null) {
    await parts.hear(spanOfLate(backfill));
    passed = await topUp(parts, passed, 0);
    if (passed === undefined || (await beginLate(parts, passed))) return;
    if (await beginUnfetched(parts, passed)) return;
  }
  await end(parts, backfill);
}

/** What came of it is safe in storage first: a catalog that is rebuilt must not do it all again. */
async function end({ pool, rows, backfills }: DriverParts, driven: DrivenBackfill): Promise<void> {
  if (!(await rows.mayEnd(driven))) return;
  const [backfill] = await readBackfills(pool, driven.id);
  if (backfill?.state === "running") await backfills.create(describeEnd(backfill, new Date()));
  await rows.finish(driven);
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
  await sideBySide(lost, (track) => announceAgain(parts, backfill, track));
  return tracks.length - ended.length;
}

/** How far it has come when no track was left to be looked at, and none was begun; else undefined. */
async function topUp(
  parts: DriverParts,
  backfill: DrivenBackfill,
  open: number,
): Promise<DrivenBackfill | undefined> {
  const { in_flight: limit } = backfill;
  let { cursor } = backfill;
  let room = limit - open;
  const until = performance.now() + topUpMs;
  while (room > 0 && performance.now() < until) {
    const tracks = await planNext(parts, { ...backfill, cursor }, room);
    if (tracks.length === 0) return room === limit - open ? { ...backfill, cursor } : undefined;
    const begun: Item[] = [];
    let complete = 0;
    for (const { id, item } of tracks) {
      if (begun.length === Math.min(room, begunAtOnce)) break;
      if (item) begun.push(item);
      else complete += 1;
      cursor = id;
    }
    if (!(await begin(parts, backfill, begun, { cursor, complete }))) return undefined;
    room -= begun.length;
  }
  return undefined;
}

/** A track, and what is to be done for it, if anything. */
interface Looked {
  readonly id: string;
  readonly item: Item | undefined;
}

/**
 * What is to be done for the next tracks, those without a master included: each is looked at once, when its turn comes. Those are read first,
 * so that one which is fetched meanwhile is among the others.
 */
async function planNext(
  { pool, chain }: DriverParts,
  backfill: DrivenBackfill,
  room: number,
): Promise<Looked[]> {
  const { id, targets, force, cursor } = backfill;
  const limit = Math.min(page.max, Math.max(page.min, 2 * room));
  const options = { backfillId: id, targets, now: new Date() };
  const selection = { ...selectionOf(backfill), after: cursor ?? undefined };
  const unfetched = await readUnfetched(pool, selection, limit);
  const planned = await planTracks(pool, chain, { targets, force, limit }, selection);
  const looked = new Map<string, Item | undefined>();
  for (const track of unfetched) looked.set(track.id, planUnfetched(chain, track, options));
  for (const track of planned) looked.set(track.id, planItem(chain, track, options));
  // Where a page is full, there may be others of its kind before the last of the other page.
  const ends = [unfetched, planned].flatMap((tracks) =>
    tracks.length === limit ? [tracks.at(-1)?.id ?? ""] : [],
  );
  const ids = [...looked.keys()].filter((each) => ends.every((end) => each <= end)).toSorted();
  return ids.map((each) => ({ id: each, item: looked.get(each) }));
}

/** False: another process drives it by now. */
async function begin(
  parts: DriverParts,
  backfill: DrivenBackfill,
  begun: readonly Item[],
  passed: { readonly cursor: string | null; readonly complete: number },
): Promise<boolean> {
  const { rows, quietMs } = parts;
  // What is asked of a track is safe in storage before anything is done about it.
  const items = await sideBySide(begun, (item) => keepItem(parts, item));
  if (!(await rows.begin(backfill, items, { ...passed, quietMs }))) return false;
  await sideBySide(items, ({ request }) => announce(parts, backfill, request));
  return true;
}

/** What was accepted so long before a backfill may reach the catalog after it: messages come in any order, and are lost and found. */
const lateMs = 600_000;

/**
 * Of tracks that were accepted shortly before the backfill, those that the catalog had not heard of when it went past them. Those that it
 * has asked for something are not asked again, and no more than have not been counted: some of those that had all may lack something since.
 * Where tracks are chosen by their state, what had none then is not meant. False: there are none.
 */
async function beginLate(parts: DriverParts, backfill: DrivenBackfill): Promise<boolean> {
  const { pool, chain } = parts;
  const { id, targets, force, in_flight: limit, cursor } = backfill;
  const asked = selectionOf(backfill);
  if (asked.state !== undefined) return false;
  const unheard = await countUnheard(parts, backfill);
  if (unheard <= 0) return false;
  const { from: acceptedSince } = spanOfLate(backfill);
  for (let after: string | undefined; ; ) {
    const selection = { ...asked, acceptedSince, after };
    const tracks = await planTracks(pool, chain, { targets, force, limit: page.max }, selection);
    after = tracks.at(-1)?.id;
    if (after === undefined) return false;
    const options = { backfillId: id, targets, now: new Date() };
    // Those that are still before it are looked at in their turn.
    const passed = tracks.filter(({ id }) => cursor !== null && id <= cursor);
    const notAsked = await readNotAsked(pool, id, passed);
    const items = notAsked.flatMap((track) => planItem(chain, track, options) ?? []);
    const late = items.slice(0, Math.min(limit, begunAtOnce, unheard));
    if (late.length === 0) continue;
    await begin(parts, backfill, late, { cursor: null, complete: 0 });
    return true;
  }
}

/**
 * Of tracks that nobody has fetched yet, those that the catalog had not heard of when it went past them. False: there are none that lack
 * anything.
 */
async function beginUnfetched(parts: DriverParts, backfill: DrivenBackfill): Promise<boolean> {
  const { pool, chain } = parts;
  const { id, targets, in_flight: limit } = backfill;
  for (let after: string | undefined; ; ) {
    const tracks = await readUnfetched(pool, { ...selectionOf(backfill), after }, page.max);
    after = tracks.at(-1)?.id;
    if (after === undefined) return false;
    const options = { backfillId: id, targets, now: new Date() };
    const notAsked = await readNotAsked(pool, id, tracks);
    const items = notAsked.flatMap((track) => planUnfetched(chain, track, options) ?? []);
    const begun = items.slice(0, Math.min(limit, begunAtOnce));
    if (begun.length === 0) continue;
    await begin(parts, backfill, begun, { cursor: null, complete: 0 });
    return true;
  }
}

/** When tracks were accepted that it may have passed unheard. */
function spanOfLate({ selection, requested_at: requestedAt }: DrivenBackfill): Span {
  const sinceMs = selection.acceptedSince === null ? 0 : Date.parse(selection.acceptedSince);
  return { from: new Date(Math.max(sinceMs, requestedAt.getTime() - lateMs)), to: requestedAt };
}

/** How many tracks there are by now that it has not counted. Of a catalog that is too large for that, none are looked for. */
async function countUnheard({ pool, log }: DriverParts, backfill: DrivenBackfill): Promise<number> {
  try {
    const [counted] = await readBackfills(pool, backfill.id);
    if (!counted) return 0;
    const { complete, succeeded, failed, underWay } = counted;
    return (await countAll(pool, backfill)) - complete - succeeded - failed - underWay;
  } catch (error) {
    log.warn(
      { error, backfill: backfill.id },
      "whether a backfill has passed unheard tracks can't be counted",
    );
    return 0;
  }
}

function countAll(pool: DriverParts["pool"], backfill: DrivenBackfill): Promise<number> {
  return countTracks(pool, { ...selectionOf(backfill), master: "any" });
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
    await rows.setTotal(backfill.id, await countAll(pool, backfill));
  } catch (error) {
    uncounted.add(backfill.id);
    log.warn({ error, backfill: backfill.id }, "the tracks of a backfill can't be counted");
  }
}
