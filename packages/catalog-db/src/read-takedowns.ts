import { openEnum, SignedReceipt, takedownCauses, takedownPolicies, takedownStates } from "@segue/contracts";
import { z } from "zod";
import type { Pool } from "./connect.ts";

const instant = z.date().transform((date) => date.toISOString());

const Row = z.object({
  id: z.string(),
  cause: openEnum(takedownCauses),
  state: openEnum(takedownStates),
  tracks: z.array(z.string()),
  masters: z.array(z.string()),
  again: openEnum(takedownPolicies),
  reason: z.string().nullable(),
  requestedAt: instant,
  removedAt: instant.nullable(),
  finalAt: instant.nullable(),
  removedReceipt: SignedReceipt.nullable(),
  finalReceipt: SignedReceipt.nullable(),
});
export type StoredTakedown = z.infer<typeof Row>;

const select = `
select id, cause, state, tracks, masters, again, reason, requested_at as "requestedAt", removed_at as "removedAt", final_at as "finalAt",
  removed_receipt as "removedReceipt", final_receipt as "finalReceipt" from takedowns`;

/** One; undefined if the catalog has not heard of it (yet). @param owner where it is given, only if it is of tracks of theirs. */
export async function readTakedown(
  pool: Pool,
  id: string,
  owner?: string,
): Promise<StoredTakedown | undefined> {
  const { rows } = await pool.query(
    `${select} where id = $1 and ($2::text is null or owner = $2 and cause <> 'takedown')`,
    [id, owner ?? null],
  );
  return z.array(Row).parse(rows)[0];
}

export interface TakedownsWanted {
  /** All owners' when left out. */
  readonly owner?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

/** The newest first. */
export async function listTakedowns(
  pool: Pool,
  { owner, before, limit }: TakedownsWanted,
): Promise<StoredTakedown[]> {
  const where =
    "where ($1::text is null or owner = $1 and cause <> 'takedown') and ($2::uuid is null or id < $2)";
  const { rows } = await pool.query(`${select} ${where} order by id desc limit $3`, [
    ...[owner ?? null, before ?? null, limit],
  ]);
  return z.array(Row).parse(rows);
}

const Key = z.object({ keyId: z.string(), publicKey: z.string(), firstUsedAt: instant });

/** Keys that receipts were signed with, the latest first. */
export async function readReceiptKeys(pool: Pool): Promise<z.infer<typeof Key>[]> {
  const sql = `select key_id as "keyId", public_key as "publicKey", first_used_at as "firstUsedAt" from receipt_keys order by first_used_at desc`;
  return z.array(Key).parse((await pool.query(sql)).rows);
}

/** Whether there was a track that was deleted. @param owner where it is given, only if it was theirs. */
export async function isDeleted(pool: Pool, id: string, owner?: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    "select from deleted_tracks where id = $1 and ($2::text is null or owner = $2)",
    [id, owner ?? null],
  );
  return rowCount === 1;
}

const Refusal = z.tuple([z.object({ areAny: z.boolean(), isRefused: z.boolean() })]);
export type Refusal = z.infer<typeof Refusal>[0];

/** Whether a master is refused, and whether any is. */
export async function readRefusal(pool: Pool, master: string): Promise<Refusal> {
  const sql = `select exists (select from deleted_masters where again = 'refuse') as "areAny",
    exists (select from deleted_masters where master = $1 and again = 'refuse') as "isRefused"`;
  return Refusal.parse((await pool.query(sql, [master])).rows)[0];
}
