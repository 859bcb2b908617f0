/**
 * One time through all that a takedown is about. What is found goes; a sweep that finds nothing is the proof.
 *
 *   asked --- its tracks are buried ---> removing --- a sweep finds nothing ---> removed --- nothing was heard for as long as the queue keeps messages ---> final
 *     | a cancellation, and something has begun                                    | something is heard: swept at once, and the time begins anew
 *     '---> declined
 */
import type { Deletions, Ledgers, RequestObjects, TakedownObjects } from "@segue/artifacts";
import { forgetDeliveries, type Pool } from "@segue/catalog-db";
import type { Chain } from "@segue/chain";
import type { Request, StepSpec } from "@segue/contracts";
import type { Logger } from "@segue/telemetry";
import { z } from "zod";
import type { OnTold } from "../write-catalog.ts";
import type { BroughtMasters } from "./brought-masters.ts";
import { buryTracks } from "./bury-tracks.ts";
import { giveReceipt } from "./give-receipt.ts";
import { healTracks } from "./heal-tracks.ts";
import { type RemovedMasters, removeMasters } from "./remove-masters.ts";
import type { ReceiptSigner } from "./sign-receipts.ts";
import type { DeletedRow, Takedown, TakedownRows } from "./takedown-rows.ts";

export interface TakedownPaces {
  /** How long a master that was touched is left alone, in ms: somebody may have taken the same bytes in, and was not heard of. */
  readonly graceMs: number;
  /** For so long after the last that was heard or found something may come, in ms: what the queue keeps messages for, and some more. */
  readonly horizonMs: number;
  /** Between a sweep that found something and the next one, in ms. */
  readonly pauseMs: number;
}

export interface SweepParts {
  readonly pool: Pool;
  readonly chain: Chain<StepSpec>;
  readonly rows: TakedownRows;
  readonly deletions: Deletions;
  readonly ledgers: Ledgers;
  readonly requests: RequestObjects;
  readonly objects: TakedownObjects;
  readonly brought: BroughtMasters;
  readonly signer: ReceiptSigner | undefined;
  readonly paces: TakedownPaces;
  readonly log: Logger;
  readonly onTold: OnTold | undefined;
  /** Has the catalog know of a request that it has made itself. */
  take(request: Request): Promise<void>;
}

const tracksAtOnce = 50;
const objectsAtOnce = 8;

const keepMasters = `
insert into deleted_masters (master, takedown_id, again, requested_at) select m, $1, $3, $4 from unnest($2::text[]) m
on conflict (master) do update set takedown_id = excluded.takedown_id, again = excluded.again, requested_at = excluded.requested_at
where deleted_masters.requested_at < excluded.requested_at`;
const selectOfMasters = `
select t.id from tracks t where t.master = any($1::text[]) and ($2 = 'refuse' or t.accepted_at <= $3) order by t.id limit ${tracksAtOnce}`;
const Ids = z.array(z.object({ id: z.string() }));
/** Nothing is looked for any more. */
const forget = [
  "update deleted_tracks set master = null, requests = '{}', addresses = '{}' where takedown_id = $1 and not is_news",
  "delete from purged_masters where takedown_id = $1",
];

/** @throws what storage and the database say: it is tried again. */
export async function sweepTakedown(parts: SweepParts, takedown: Takedown): Promise<void> {
  const begun = await begin(parts, takedown);
  if (begun === undefined) return await decline(parts, takedown);
  const deleted = await parts.rows.readDeleted(takedown.id);
  const brought = findBrought(parts, takedown, deleted);
  if ("waitMs" in brought) return await parts.rows.putOff(takedown.id, brought.waitMs);
  await parts.rows.noteSeen(deleted);
  const buried = begun + (await buryAgain(parts, takedown, deleted));
  const ofTracks = await removeTracks(parts, deleted);
  const ofMasters = await removeAllMasters(parts, takedown, [
    ...brought.masters,
    ...deleted.flatMap(({ master }) => master ?? []),
  ]);
  const { pool, chain, requests, log, take } = parts;
  await healTracks({ pool, chain, requests, log, take }, takedown.id);
  const found = { objects: ofTracks + ofMasters.objects, rows: buried + ofMasters.rows };
  await conclude(parts, takedown, { deleted, found, ofMasters });
}

/** @returns rows that were deleted; undefined: it is not to be done. */
async function begin(parts: SweepParts, takedown: Takedown): Promise<number | undefined> {
  const { pool, onTold } = parts;
  const { id: takedownId, cause, owner, tracks, masters, again, requestedAt, state } = takedown;
  const burial = { takedownId, cause, owner };
  let rows = 0;
  if (state === "asked" && tracks.length > 0) {
    const unlessBegun = cause === "cancel";
    const count = await buryTracks(pool, tracks, { ...burial, unlessBegun }, onTold);
    if (count === undefined) return undefined;
    rows += count;
  }
  if (masters.length === 0) return rows;
  await pool.query(keepMasters, [takedownId, masters, again, requestedAt]);
  for (;;) {
    const found = await pool.query(selectOfMasters, [masters, again, requestedAt]);
    const ids = Ids.parse(found.rows).map(({ id }) => id);
    if (ids.length === 0) return rows;
    rows += (await buryTracks(pool, ids, burial, onTold)) ?? 0;
  }
}

async function decline({ rows, objects, log }: SweepParts, { id, tracks, now }: Takedown): Promise<void> {
  const ended = { v: 1, type: "TakedownEnded", takedownId: id, stage: "declined", receipt: null } as const;
  await objects.createEnd({ ...ended, at: now.toISOString() });
  await rows.decline(id);
  log.info({ takedown: id, tracks }, "a cancellation came too late");
}

/** What has come into the tables since, in spite of all. */
async function buryAgain(
  parts: SweepParts,
  takedown: Takedown,
  deleted: readonly DeletedRow[],
): Promise<number> {
  const { id: takedownId, cause, owner } = takedown;
  let count = 0;
  for (let from = 0; from < deleted.length; from += tracksAtOnce) {
    const ids = deleted.slice(from, from + tracksAtOnce).map(({ id }) => id);
    count += (await buryTracks(parts.pool, ids, { takedownId, cause, owner }, parts.onTold)) ?? 0;
    count += await forgetDeliveries(parts.pool, ids);
  }
  return count;
}

async function removeTracks(
  { deletions, chain }: SweepParts,
  deleted: readonly DeletedRow[],
): Promise<number> {
  const kinds = chain.kinds.map(({ name }) => name);
  let count = 0;
  for (let from = 0; from < deleted.length; from += objectsAtOnce) {
    const some = deleted.slice(from, from + objectsAtOnce);
    const removed = some.map(({ id: trackId, owner, requests }) =>
      deletions.removeTrack({ trackId, owner, requests, kinds }),
    );
    for (const each of await Promise.all(removed)) count += each;
  }
  return count;
}

/** Before the last is said of tracks whose sources were named: masters that were brought for them, and that nobody was told of. */
function findBrought(
  { brought, paces }: SweepParts,
  takedown: Takedown,
  deleted: readonly DeletedRow[],
): { readonly masters: readonly string[] } | { readonly waitMs: number } {
  const fetched = deleted.filter(({ wasFetched }) => wasFetched);
  const { state, cause, now } = takedown;
  const since = new Date(lastHeardMs(takedown, deleted) + paces.horizonMs);
  if (state !== "removed" || now < since || cause === "takedown" || fetched.length === 0)
    return { masters: [] };
  const answer = brought.foundSince(since);
  if ("waitMs" in answer) return answer;
  return { masters: fetched.flatMap(({ id }) => answer.found.get(id) ?? []) };
}

function removeAllMasters(
  parts: SweepParts,
  takedown: Takedown,
  ofTracks: readonly string[],
): Promise<RemovedMasters> {
  const { pool, chain, deletions, ledgers, paces } = parts;
  const { id: takedownId, requestedAt, now, masters, again } = takedown;
  const untouchedSince = isForced(again, masters) ? null : new Date(now.getTime() - paces.graceMs);
  const all = new Set([...masters, ...ofTracks]);
  return removeMasters({ pool, chain, deletions, ledgers, takedownId, requestedAt, untouchedSince }, [
    ...all,
  ]);
}

/** Whoever has one of these masters, or comes to have it, is to lose it: nobody is waited for. */
function isForced(again: string, masters: readonly string[]): boolean {
  return again === "refuse" && masters.length > 0;
}

interface Swept {
  readonly deleted: readonly DeletedRow[];
  readonly found: { readonly objects: number; readonly rows: number };
  readonly ofMasters: RemovedMasters;
}

async function conclude(parts: SweepParts, takedown: Takedown, swept: Swept): Promise<void> {
  const { pool, rows, paces, log } = parts;
  const { id, now } = takedown;
  const next = judgeSweep(paces, takedown, swept);
  if (next.stage) {
    const { deleted, ofMasters } = swept;
    const about = { takedown, deleted, cameAgain: ofMasters.living, stage: next.stage, provedAt: now };
    await giveReceipt(parts, { ...about, messagesUntil: next.messagesUntil });
    log.info(
      { takedown: id, stage: next.stage, tracks: deleted.length },
      "nothing is left of what was taken down",
    );
  }
  if (next.state === "final" && swept.found.objects > 0)
    log.warn(
      { takedown: id, ...swept.found },
      "something was found after a takedown was final; it is removed",
    );
  if (next.state === "final" && next.dueAt === null) for (const sql of forget) await pool.query(sql, [id]);
  await rows.noteSweep(id, { state: next.state, dueAt: next.dueAt, ...swept.found });
}

/** When something was last heard or found of it, in ms since the epoch. */
function lastHeardMs({ requestedAt, foundAt }: Takedown, deleted: readonly DeletedRow[]): number {
  const times = [requestedAt, foundAt, ...deleted.map(({ heardAt }) => heardAt)];
  return Math.max(...times.map((time) => time?.getTime() ?? 0));
}

interface Judged {
  readonly state: Takedown["state"];
  /** Null: only if something is heard. */
  readonly dueAt: Date | null;
  /** That it has come to with this sweep. */
  readonly stage: "removed" | "final" | null;
  readonly messagesUntil: Date;
}

/** What a sweep has come to, and when the next one is due. */
export function judgeSweep(
  { graceMs, horizonMs, pauseMs }: TakedownPaces,
  takedown: Takedown,
  { deleted, found, ofMasters }: Swept,
): Judged {
  const { state: before, requestedAt, now, again, masters } = takedown;
  const nowMs = now.getTime();
  const isFound = found.objects + found.rows > 0;
  const lastMs = isFound ? nowMs : lastHeardMs(takedown, deleted);
  const messagesUntil = new Date(lastMs + horizonMs);
  const judged = (state: Takedown["state"], atMs: number | null, stage: Judged["stage"] = null): Judged => ({
    ...{ state, stage, messagesUntil },
    dueAt: atMs === null ? null : new Date(Math.max(atMs, nowMs + pauseMs)),
  });
  if (before === "final") return judged("final", isFound ? nowMs : null);
  if (before === "removed") {
    if (isFound) return judged("removed", nowMs);
    if (nowMs < messagesUntil.getTime()) return judged("removed", messagesUntil.getTime());
    if (ofMasters.waitingSince) return judged("removed", ofMasters.waitingSince.getTime() + graceMs);
    return judged("final", null, "final");
  }
  // It takes as long whether others have the same masters or not.
  const graceUntilMs = requestedAt.getTime() + (isForced(again, masters) ? 0 : graceMs);
  if (nowMs < graceUntilMs) return judged("removing", graceUntilMs);
  if (isFound || nowMs < graceUntilMs + pauseMs) return judged("removing", nowMs);
  if (ofMasters.waitingSince) return judged("removing", ofMasters.waitingSince.getTime() + graceMs);
  return judged("removed", messagesUntil.getTime(), "removed");
}
