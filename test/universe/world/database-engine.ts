import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { PreparedStatements } from "./prepared-statements.ts";

const migrations = new URL("../../../packages/catalog-db/migrations/", import.meta.url);

/**
 * Nobody pulls the plug of this server, so a commit need not wait for its log; and a statement's plan is made once a world, and never
 * depends on what came before.
 */
const settings = "set synchronous_commit = off; set plan_cache_mode = force_generic_plan";

/** The embedded Postgres: it takes seconds to start, so there is one for all the seeds that a process tries. */
export class DatabaseEngine {
  readonly #postgres: PGlite;
  readonly #statements: PreparedStatements;

  private constructor(postgres: PGlite) {
    this.#postgres = postgres;
    this.#statements = new PreparedStatements((messages) =>
      Buffer.from(postgres.execProtocolRawSync(messages)),
    );
  }

  /** @param image what `saveImage` has left; undefined to make a cluster. */
  static async start(image: string | undefined): Promise<DatabaseEngine> {
    const postgres = await PGlite.create(
      image === undefined ? {} : { loadDataDir: new Blob([readFileSync(image)]) },
    );
    await postgres.exec(settings);
    return new DatabaseEngine(postgres);
  }

  /** Answers a cycle of the protocol's messages. */
  compute(messages: Buffer): Buffer {
    return this.#statements.compute(messages);
  }

  /** As a new fleet finds it, whatever an earlier seed has left. */
  renew(): Promise<void> {
    return renewDatabase(this.#postgres);
  }
}

/** Keeps a cluster for other processes to begin with. */
export async function saveImage(path: string): Promise<void> {
  const postgres = await PGlite.create();
  await renewDatabase(postgres);
  const image = await postgres.dumpDataDir("none");
  writeFileSync(path, Buffer.from(await image.arrayBuffer()));
  await postgres.close();
}

/** The catalogs migrate it themselves. */
async function renewDatabase(postgres: PGlite): Promise<void> {
  if (postgres.isInTransaction()) await postgres.exec("rollback");
  const { rows } = await postgres.query<{ names: string | null }>(
    "select string_agg(quote_ident(tablename), ',') as names from pg_tables where schemaname = 'public' and tablename <> 'schema_migrations'",
  );
  const names = rows[0]?.names;
  if (names) await postgres.exec(`truncate ${names} restart identity cascade`);
  else await migrateOnce(postgres);
}

/** As the catalog's own migration leaves it: it finds nothing to do. */
async function migrateOnce(postgres: PGlite): Promise<void> {
  await postgres.exec(
    "create table schema_migrations (name text primary key, digest text not null, applied_at timestamptz not null default now())",
  );
  for (const name of readdirSync(migrations)
    .filter((file) => file.endsWith(".sql"))
    .toSorted()) {
    const sql = readFileSync(new URL(name, migrations), "utf8");
    await postgres.exec(sql);
    const digest = createHash("sha256").update(sql).digest("hex");
    await postgres.query("insert into schema_migrations (name, digest) values ($1, $2)", [name, digest]);
  }
}
