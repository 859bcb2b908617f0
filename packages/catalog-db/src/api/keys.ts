import { z } from "zod";
import type { Pool } from "../connect.ts";

const limit = z.coerce.number().nullable();

/** A key of the API as it is kept. */
const StoredKey = z.object({
  id: z.string(),
  /** SHA-256 of the whole key. */
  digest: z.instanceof(Buffer),
  family: z.string(),
  owner: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  requestsPerSec: limit,
  burst: limit,
  tracksPerDay: limit,
  bytesPerDay: limit,
  createdAt: z.date(),
  createdBy: z.string(),
  expiresAt: z.date().nullable(),
  revokedAt: z.date().nullable(),
  lastUsedAt: z.date().nullable(),
});
export type StoredKey = z.infer<typeof StoredKey>;

/** What whoever makes a key says of it. */
export type KeyToKeep = Omit<StoredKey, "createdAt" | "revokedAt" | "lastUsedAt">;

const columns = `id, digest, family, owner, name, scopes, requests_per_sec as "requestsPerSec", burst, tracks_per_day as "tracksPerDay",
  bytes_per_day as "bytesPerDay", created_at as "createdAt", created_by as "createdBy", expires_at as "expiresAt", revoked_at as "revokedAt",
  last_used_at as "lastUsedAt"`;

/** Those of these ids that there are. */
export async function readKeys(pool: Pool, ids: readonly string[]): Promise<StoredKey[]> {
  const { rows } = await pool.query(`select ${columns} from api_keys where id = any($1)`, [ids]);
  return z.array(StoredKey).parse(rows);
}

/** Told at once. */
const most = 1_000;

/** The newest first. @param owner undefined: of all. */
export async function listKeys(pool: Pool, owner: string | undefined): Promise<StoredKey[]> {
  const { rows } = await pool.query(
    `select ${columns} from api_keys where $1::text is null or owner = $1 order by created_at desc, id limit ${most}`,
    [owner ?? null],
  );
  return z.array(StoredKey).parse(rows);
}

export async function insertKey(pool: Pool, key: KeyToKeep): Promise<StoredKey> {
  const { rows } = await pool.query(
    `insert into api_keys (id, digest, family, owner, name, scopes, requests_per_sec, burst, tracks_per_day, bytes_per_day, created_by, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning ${columns}`,
    [
      ...[key.id, key.digest, key.family, key.owner, key.name, key.scopes],
      ...[key.requestsPerSec, key.burst, key.tracksPerDay, key.bytesPerDay, key.createdBy, key.expiresAt],
    ],
  );
  return StoredKey.parse(rows[0]);
}

/** Of those that a key has made, and they, and so on. */
const revoke = `
with recursive gone as (
  select id from api_keys where id = $1
  union select k.id from api_keys k join gone g on k.created_by = g.id where $2 and ($3::text is null or k.owner = $3))
update api_keys set revoked_at = coalesce(revoked_at, now()) where id in (select id from gone) returning ${columns}`;

export interface Revocation {
  readonly id: string;
  /** Those that it has made, too. */
  readonly withMade: boolean;
  /** Whose: others' stay. Undefined: anybody's. */
  readonly owner: string | undefined;
}

/** Withdraws a key, the first that is told, and those that it has made where that is wanted; what was withdrawn stays as it was. Empty: there is no such key. */
export async function revokeKey(pool: Pool, { id, withMade, owner }: Revocation): Promise<StoredKey[]> {
  const { rows } = await pool.query(revoke, [id, withMade, owner ?? null]);
  const keys = z.array(StoredKey).parse(rows);
  return keys.toSorted((a, b) => Number(b.id === id) - Number(a.id === id));
}

/** In one statement: of two rotations at once each makes a key, and both know what the other has left. */
const rotate = `
with old as (
  update api_keys k set expires_at = least(k.expires_at, now() + make_interval(secs => $4::double precision))
  from (select id, expires_at from api_keys where id = $1 for update) before
  where k.id = before.id and k.revoked_at is null and (before.expires_at is null or before.expires_at > now())
  returning k.*, before.expires_at as expired_at)
insert into api_keys (id, digest, family, owner, name, scopes, requests_per_sec, burst, tracks_per_day, bytes_per_day, created_by, expires_at)
select $2, $3, family, owner, name, scopes, requests_per_sec, burst, tracks_per_day, bytes_per_day, $5, expired_at from old
returning ${columns}`;

/** A key that is as another one in all but what it is; the other one ends after a while. Undefined: it has ended, or there is none. */
export async function rotateKey(
  pool: Pool,
  oldId: string,
  next: Pick<KeyToKeep, "id" | "digest" | "createdBy"> & { readonly graceSec: number },
): Promise<StoredKey | undefined> {
  const { id, digest, graceSec, createdBy } = next;
  const { rows } = await pool.query(rotate, [oldId, id, digest, graceSec, createdBy]);
  return StoredKey.optional().parse(rows[0]);
}

/** Notes, to the hour, that keys were used. */
export async function noteKeysUsed(pool: Pool, ids: readonly string[]): Promise<void> {
  await pool.query(
    `update api_keys set last_used_at = date_trunc('hour', now())
     where id = any($1) and last_used_at is distinct from date_trunc('hour', now())`,
    [ids],
  );
}
