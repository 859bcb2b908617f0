/**
 * How several catalogs write side by side. What holds for a track is derived from all that is known of it: two transactions that each see half of
 * it would both take the track for unfinished. So whoever writes of tracks has them for itself until its end; of other tracks others may write meanwhile.
 *
 * Locks are taken in one order, before anything else of the transaction, so that no two wait for each other; rows that tracks share are written
 * in one order too (`insert-facts.ts`). The feed's lock alone comes at the end (`changes/tell-changes.ts`).
 */
import {
  type Client,
  inTransaction,
  isContention,
  type Pool,
  type Row,
  type TransactionLimits,
  transact,
} from "@segue/catalog-db";
import { type ChangeRow, tellChangesSql } from "./changes/tell-changes.ts";

/** The lock of the one writer that there was in releases before, which still write during an update: they wait for us, and we for them. */
const formerWriter = 0x73_67_70_6a;
/** Any number that nothing else in the database uses for pairs of advisory locks: "sgtr". */
const trackLocks = 0x73_67_74_72;
/** Under the pool's own limit: the server ends what is not waited for any more. */
const defaultLimits: TransactionLimits = { statementMs: 8_000 };
/** One of two that stood in each other's way goes on; the other comes next. */
const mostTries = 5;

/** What a transaction has come to, and what it has to tell with its end. */
export interface Told<T> {
  readonly result: T;
  readonly changes: readonly ChangeRow[];
}

/** Hears of changes once they are committed. */
export type OnTold = (changes: readonly ChangeRow[]) => void;

export interface WriteOptions {
  readonly limits?: TransactionLimits;
  readonly onTold?: OnTold | undefined;
}

/** A transaction that has tracks for itself, and tells what has happened to them. */
export async function writeCatalog<T>(
  pool: Pool,
  trackIds: readonly string[],
  work: (client: Client) => Promise<Told<T>>,
  { limits = defaultLimits, onTold }: WriteOptions = {},
): Promise<T> {
  const ends = { begin: lockSql(trackIds), end: ({ changes }: Told<T>) => tellChangesSql(changes) };
  const { result, changes } = await whileContended(() => inTransaction(pool, limits, work, ends));
  if (changes.length > 0) onTold?.(changes);
  return result;
}

/** The same in two ways there and back: see `transact`. */
export function transactCatalog(
  pool: Pool,
  trackIds: readonly string[],
  first: string,
  then: ((rows: readonly Row[]) => string | undefined) | undefined,
  limits: TransactionLimits = defaultLimits,
): Promise<void> {
  return whileContended(() => transact(pool, limits, `${lockSql(trackIds)};\n${first}`, then));
}

function lockSql(trackIds: readonly string[]): string {
  const keys = [...new Set(trackIds.map(lockKey))].toSorted((a, b) => a - b);
  // One after the other, as they stand in the list.
  return `select pg_advisory_xact_lock_shared(${formerWriter}), (
select count(pg_advisory_xact_lock(${trackLocks}, key)) from unnest('{${keys.join(",")}}'::int[]) key)`;
}

/** The end of an id is random: two tracks of one key only wait for each other. */
function lockKey(trackId: string): number {
  return Number.parseInt(trackId.slice(-8), 16) | 0;
}

async function whileContended<T>(write: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await write();
    } catch (error) {
      if (!isContention(error) || tries === mostTries) throw error;
    }
  }
}
