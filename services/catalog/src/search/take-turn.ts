/**
 * A turn of search: what has happened since the last one, and a part of all tracks where these are gone through. One transaction of one process: whatever dies, the
 * place and the rows behind it are as they were, and the next turn does the same again.
 *
 *   follows the feed --- gap, another epoch, other kinds, a rebuild is asked for ---> walks, and follows --- through ---> follows
 */
import { type Client, inTransaction, type Pool, readWholeTracks } from "@segue/catalog-db";
import { z } from "zod";
import { describeRow } from "./describe-row.ts";
import { type KeptFacts, keepFacts, type SearchedKind } from "./keep-facts.ts";
import { readLacking, writeLacking } from "./lacking-rows.ts";
import { movePlace, readDue, takePlace, type WalkReason } from "./search-place.ts";
import { removeOthers, removeRows, writeRows } from "./write-rows.ts";

/** Gone through in one turn. */
const walkedAtOnce = 200;
/** Made anew in one turn, of those that were made by whoever knew less. */
const lackingAtOnce = 200;
const limits = { statementMs: 10_000 };
/** Tables of a row or a few are never analysed: by what the planner takes them for, compiling would pay, and it takes seconds. */
const begin = "set local jit = off";

export interface Turn {
  /** Whether there is more to be done at once. */
  readonly isMore: boolean;
  /** Rows that are not as they were. */
  readonly written: number;
  /** How long the oldest change had waited, in ms; 0: none did. */
  readonly behindMs: number;
  readonly began: WalkReason | null;
  /** All tracks have been gone through, with this turn. */
  readonly isThrough: boolean;
}

const Ids = z.array(z.object({ id: z.string() }));

/** Undefined: another process is at it. */
export function takeTurn(pool: Pool, kinds: readonly SearchedKind[]): Promise<Turn | undefined> {
  const work = async (client: Client) => {
    if (!(await takePlace(client))) return undefined;
    const facts = await keepFacts(client, kinds);
    const due = await readDue(client, facts.isNew);
    const { changed, walkFrom, position, behindMs, began } = due;
    const lacking = facts.areLacking ? await readLacking(client, facts.latest, lackingAtOnce) : [];
    const walked = walkFrom === null ? [] : await readIds(client, walkFrom);
    const walkedTo = walked.length < walkedAtOnce ? null : (walked.at(-1) ?? null);
    const written = await refresh(client, { kinds, facts, ids: [...changed, ...lacking, ...walked] });
    if (walkFrom !== null) await removeOthers(client, walkFrom, walkedTo, walked);
    await movePlace(client, position, walkedTo);
    const isThrough = walkFrom !== null && walkedTo === null;
    const isMore = due.isMore || walkedTo !== null || lacking.length === lackingAtOnce;
    return { isMore, written, behindMs, began, isThrough };
  };
  return inTransaction(pool, limits, work, { begin });
}

async function readIds(client: Client, after: string): Promise<string[]> {
  const sql = "select id from tracks where id > $1 order by id limit $2";
  const { rows } = await client.query(sql, [after, walkedAtOnce]);
  return Ids.parse(rows).map(({ id }) => id);
}

interface Refreshed {
  readonly kinds: readonly SearchedKind[];
  readonly facts: KeptFacts;
  readonly ids: readonly string[];
}

/** Makes rows as tracks are now. @returns how many were not so before. */
async function refresh(client: Client, { kinds, facts, ids: given }: Refreshed): Promise<number> {
  const ids = [...new Set(given)];
  const tracks = ids.length === 0 ? [] : await readWholeTracks(client, ids);
  const there = new Set(tracks.map(({ id }) => id));
  const gone = ids.filter((id) => !there.has(id));
  await removeRows(client, gone);
  const byName = new Map(kinds.map((kind) => [kind.kind, kind]));
  const rows = tracks.map((track) => describeRow(track, { byName, latest: facts.latest }));
  const written = await writeRows(client, facts.all, rows);
  if (facts.areLacking || rows.some(({ lacks }) => lacks.length > 0)) await writeLacking(client, rows);
  return written;
}
