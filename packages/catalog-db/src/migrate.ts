import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import type { QueryConfig } from "pg";
import type { Pool } from "./connect.ts";
import { inTransaction } from "./transaction.ts";

/** Any number that nothing else in the database uses as an advisory lock: "sgmg". */
const migrationLock = 0x73_67_6d_67;

const directory = new URL("../migrations/", import.meta.url);

/** A migration that was applied is not the one in the code any more. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

/**
 * Brings the schema up to date, in one transaction: all missing migrations, or none. Safe when several processes do it
 * at once: the second waits for the first and finds nothing to do. A schema that is newer than this code is left
 * alone: during a deployment both run.
 *
 * @returns the names of the migrations that were applied now.
 * @throws {MigrationError} if an applied migration's text has changed.
 */
export async function migrate(pool: Pool): Promise<readonly string[]> {
  const migrations = await readMigrations();
  return inTransaction(pool, { statementMs: 0 }, async (client) => {
    // What others hold is waited for a while, and then tried again: who waits for a table holds up all that come after.
    await client.query("set local lock_timeout = '5s'");
    await client.query(`select pg_advisory_xact_lock(${migrationLock})`);
    await client.query(
      `create table if not exists schema_migrations (
         name text primary key,
         digest text not null,
         applied_at timestamptz not null default now()
       )`,
    );
    const { rows } = await client.query<{ name: string; digest: string }>(
      "select name, digest from schema_migrations",
    );
    const applied = new Map(rows.map((row) => [row.name, row.digest]));
    const done: string[] = [];
    for (const { name, sql, digest } of migrations) {
      const before = applied.get(name);
      if (before === digest) continue;
      if (before !== undefined) {
        throw new MigrationError(`${name} was changed after it was applied; add a new migration instead`);
      }
      await client.query(migrationQuery(sql));
      await client.query("insert into schema_migrations (name, digest) values ($1, $2)", [name, digest]);
      done.push(name);
    }
    return done;
  });
}

/** An index over millions of rows takes longer than any other statement may. */
function migrationQuery(text: string): QueryConfig & { query_timeout: number } {
  return { text, query_timeout: 3_600_000 };
}

async function readMigrations(): Promise<{ name: string; sql: string; digest: string }[]> {
  const files = (await readdir(directory)).filter((file) => /^\d{4}-[a-z0-9-]+\.sql$/.test(file)).sort();
  return Promise.all(
    files.map(async (name) => {
      const sql = await readFile(new URL(name, directory), "utf8");
      return { name, sql, digest: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}
