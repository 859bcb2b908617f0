import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";

const migrations = new URL("../../../packages/catalog-db/migrations/", import.meta.url);

/**
 * Starts the embedded Postgres: seconds, so once for all the seeds that a process tries.
 *
 * @param image what `saveImage` has left; undefined to make a cluster.
 */
export function startEngine(image: string | undefined): Promise<PGlite> {
  return PGlite.create(image === undefined ? {} : { loadDataDir: new Blob([readFileSync(image)]) });
}

/** Keeps a cluster for other processes to begin with. */
export async function saveImage(path: string): Promise<void> {
  const engine = await PGlite.create();
  await renewDatabase(engine);
  const image = await engine.dumpDataDir("none");
  writeFileSync(path, Buffer.from(await image.arrayBuffer()));
  await engine.close();
}

/** A database as a new fleet finds it, whatever an earlier seed has left. The catalogs migrate it themselves. */
export async function renewDatabase(engine: PGlite): Promise<void> {
  if (engine.isInTransaction()) await engine.exec("rollback");
  const { rows } = await engine.query<{ names: string | null }>(
    "select string_agg(quote_ident(tablename), ',') as names from pg_tables where schemaname = 'public' and tablename <> 'schema_migrations'",
  );
  const names = rows[0]?.names;
  if (names) await engine.exec(`truncate ${names} restart identity cascade`);
  else await migrateOnce(engine);
}

/** As the catalog's own migration leaves it: it finds nothing to do. */
async function migrateOnce(engine: PGlite): Promise<void> {
  await engine.exec(
    "create table schema_migrations (name text primary key, digest text not null, applied_at timestamptz not null default now())",
  );
  for (const name of readdirSync(migrations)
    .filter((file) => file.endsWith(".sql"))
    .toSorted()) {
    const sql = readFileSync(new URL(name, migrations), "utf8");
    await engine.exec(sql);
    const digest = createHash("sha256").update(sql).digest("hex");
    await engine.query("insert into schema_migrations (name, digest) values ($1, $2)", [name, digest]);
  }
}
