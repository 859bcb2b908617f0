import type { AuditEntry } from "@segue/contracts";
import { z } from "zod";
import type { Pool } from "../connect.ts";
import { toStorableJson } from "../storable-json.ts";

const Row = z.object({
  number: z.coerce.string(),
  at: z.date().transform((date) => date.toISOString()),
  keyId: z.string().nullable(),
  owner: z.string().nullable(),
  action: z.string(),
  object: z.string().nullable(),
  address: z.string(),
  requestId: z.string(),
  status: z.int(),
});
export type StoredAuditEntry = z.infer<typeof Row>;

/** Keeps entries, as many as there are, in one statement. */
export async function insertAudit(pool: Pool, entries: readonly AuditEntry[]): Promise<void> {
  await pool.query(
    `insert into api_audit (at, key_id, owner, action, object, address, request_id, status)
     select at, "keyId", owner, action, object, address, "requestId", status from jsonb_to_recordset($1::jsonb) as x(at timestamptz,
       "keyId" text, owner text, action text, object text, address text, "requestId" text, status integer)`,
    [toStorableJson(entries)],
  );
}

export interface AuditWanted {
  /** Undefined: of all. */
  readonly owner: string | undefined;
  /** Only older ones than that with this number. */
  readonly before: string | undefined;
  readonly limit: number;
}

/** The newest first. */
export async function readAudit(
  pool: Pool,
  { owner, before, limit }: AuditWanted,
): Promise<StoredAuditEntry[]> {
  const { rows } = await pool.query(
    `select number, at, key_id as "keyId", owner, action, object, address, request_id as "requestId", status from api_audit
     where ($1::text is null or owner = $1) and ($2::bigint is null or number < $2) order by number desc limit $3`,
    [owner ?? null, before ?? null, limit],
  );
  return z.array(Row).parse(rows);
}

/** Deleted in one statement. */
const atOnce = 10_000;

/** Forgets some of what was kept for so many days, the oldest first. @returns whether there is more. */
export async function forgetAudit(pool: Pool, keepDays: number): Promise<boolean> {
  const { rowCount } = await pool.query(
    `delete from api_audit where number in (
       select number from api_audit where at < now() - make_interval(days => $1) order by at limit $2)`,
    [keepDays, atOnce],
  );
  return rowCount === atOnce;
}
