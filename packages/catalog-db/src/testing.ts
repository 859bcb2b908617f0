import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { startPostgresServer } from "@segue/local-cloud";
import { findFreePort } from "@segue/local-cloud/free-port";
import pg from "pg";
import { type ConnectOptions, connect, type Pool } from "./connect.ts";
import { migrate } from "./migrate.ts";

/** A database of a test's own, on a server of its own, which can be away for a while. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  /** Cuts all connections and refuses new ones. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
}

export type PoolLimits = Pick<ConnectOptions, "maxConnections" | "connectTimeoutMs" | "statementTimeoutMs">;

/** A pool of one connection if nothing else is said, on tables as they are today. */
export async function openMigrated(
  connectionString: string,
  limits: PoolLimits = { maxConnections: 1, connectTimeoutMs: 10_000, statementTimeoutMs: 30_000 },
): Promise<Pool> {
  const pool = connect({ ...limits, connectionString, applicationName: "test", onIdleError() {} });
  await migrate(pool);
  return pool;
}

/** How many rows of some tables have been read so far, as Postgres counts them itself: what a look has read is the difference. */
export async function countRowsRead(
  pool: Pick<pg.Pool, "query">,
  ...tables: readonly string[]
): Promise<number> {
  await pool.query("select pg_stat_force_next_flush()").catch(() => {});
  const { rows } = await pool.query<{ rows: number | null }>(
    `select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as rows
     from pg_stat_user_tables where relname = any($1::text[])`,
    [tables],
  );
  return Number(rows[0]?.rows);
}

/** Leaves the tables, and nothing in them. */
export async function emptyTables(pool: Pick<pg.Pool, "query">): Promise<void> {
  const { rows } = await pool.query<{ names: string }>(
    `select string_agg(quote_ident(tablename), ', ') as names from pg_tables
     where schemaname = 'public' and tablename not in ('schema_migrations', 'change_feed')`,
  );
  await pool.query(`truncate ${rows[0]?.names}`);
}

export interface TestDatabaseKind {
  readonly name: string;
  /** Why tests on it are skipped, if they are. */
  readonly missing: string | undefined;
  start(): Promise<TestDatabase>;
}

/** The local cloud's Postgres: the embedded default. */
const embedded: TestDatabaseKind = {
  name: "embedded Postgres",
  missing: undefined,
  async start() {
    const dir = await mkdtemp(join(tmpdir(), "segue-postgres-"));
    const port = await findFreePort();
    const options = { host: "127.0.0.1", port, dataDir: join(dir, "data"), password: "sesame" };
    let server = await startPostgresServer(options);
    return {
      url: server.url,
      goAway: () => server.close(),
      comeBack: async () => {
        server = await startPostgresServer(options);
      },
      [Symbol.asyncDispose]: async () => {
        await server.close();
        await rm(dir, { recursive: true, force: true });
      },
    };
  },
};

export function findPostgresBin(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian)
    ? readdirSync(debian).map((version) => join(debian, version, "bin"))
    : [];
  const paths = (process.env.PATH ?? "").split(delimiter);
  return [...versions.reverse(), ...paths].find((bin) => existsSync(join(bin, "initdb")));
}

/** Postgres refuses to run as root: as root, it runs as the system user made for it. */
export function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const user = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  return { uid: Number(user?.[2]), gid: Number(user?.[3]) };
}

/** Of a server that may just be starting. */
export async function askPatiently(config: pg.ClientConfig, sql: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    const client = new pg.Client(config);
    try {
      await client.connect();
      await client.query(sql);
      return;
    } catch (error) {
      if (tries > 100) throw error;
      await sleep(100);
    } finally {
      await client.end().catch(() => {});
    }
  }
}

async function startServer(bin: string): Promise<TestDatabase> {
  const user = unprivilegedUser();
  const dir = await mkdtemp(join(tmpdir(), "segue-postgres-"));
  if (user) chownSync(dir, user.uid, user.gid);
  const as = { ...user, cwd: dir };
  const data = join(dir, "data");
  await promisify(execFile)(
    join(bin, "initdb"),
    ["-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"],
    as,
  );
  const port = await findFreePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const open = async () => {
    const args = ["-D", data, "-k", dir, "-h", "127.0.0.1", "-p", String(port), "-F"];
    const server = spawn(join(bin, "postgres"), args, { ...as, stdio: "ignore" });
    await askPatiently({ connectionString: url }, "select 1");
    return server;
  };
  const close = async (server: ChildProcess) => {
    const exit = once(server, "exit");
    // An immediate shutdown: what a crash looks like to clients.
    server.kill("SIGQUIT");
    await exit;
  };
  let server = await open();
  return {
    url,
    goAway: () => close(server),
    comeBack: async () => {
      server = await open();
    },
    [Symbol.asyncDispose]: async () => {
      if (server.exitCode === null && server.signalCode === null) await close(server);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const bin = findPostgresBin();

const native: TestDatabaseKind = {
  name: "Postgres server",
  missing: bin ? undefined : "no Postgres server is installed (no initdb on the PATH)",
  start: () => {
    if (!bin) throw new Error("no Postgres server is installed");
    return startServer(bin);
  },
};

/**
 * Every Postgres that tests run over: the embedded one, and a real server, started on a folder of its own, where one
 * is installed. Says aloud what it leaves out.
 */
export const testDatabases: readonly TestDatabaseKind[] = [embedded, native].filter((kind) => {
  if (kind.missing) console.warn(`skipped on a ${kind.name}: ${kind.missing}`);
  return !kind.missing;
});
