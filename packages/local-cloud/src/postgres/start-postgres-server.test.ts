import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client, Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FolderInUseError } from "../lock-folder.ts";
import { segueRole } from "./postgres-url.ts";
import { type PostgresServer, startPostgresServer } from "./start-postgres-server.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgresServer({ host: "127.0.0.1", port: 0, dataDir: null });
});
afterAll(async () => {
  await server.close();
});

async function connect(url = server.url): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  return client;
}

test("queries with parameters on many connections at once each get their own rows", async () => {
  const pool = new Pool({ connectionString: server.url, max: 12 });
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      // A long parameter comes in several packets: between them, other connections' messages arrive.
      const parameter = "x".repeat(index % 2 === 0 ? index : 200_000 + index);
      const { rows } = await pool.query(`SELECT length($1) AS length, '${index}' AS text`, [parameter]);
      return [rows[0].length % 200_000, rows[0].text];
    }),
  );
  await pool.end();
  expect(answers).toEqual(Array.from({ length: 200 }, (_, index) => [index, String(index)]));
});

test("a transaction is not joined, seen or undone by another connection", async () => {
  const [a, b] = [await connect(), await connect()];
  await a.query("CREATE TABLE isolated (value int)");
  await a.query("BEGIN");
  await a.query("INSERT INTO isolated VALUES ($1)", [1]);
  const seen = b.query("SELECT count(*)::int AS count FROM isolated");
  await a.query("INSERT INTO isolated VALUES ($1)", [2]);
  await a.query("ROLLBACK");
  expect((await seen).rows).toEqual([{ count: 0 }]);

  const transfer = async (client: Client, value: number) => {
    await client.query("BEGIN");
    await client.query("INSERT INTO isolated VALUES ($1)", [value]);
    await client.query(value % 2 === 0 ? "COMMIT" : "ROLLBACK");
  };
  for (let round = 0; round < 20; round++)
    await Promise.all([transfer(a, 2 * round), transfer(b, 2 * round + 1)]);
  const { rows } = await b.query(
    "SELECT count(*)::int AS count, bool_and(value % 2 = 0) AS even FROM isolated",
  );
  expect(rows).toEqual([{ count: 20, even: true }]);
  await Promise.all([a.end(), b.end()]);
});

test("an error in one connection's query or transaction leaves the others as they were", async () => {
  const [a, b] = [await connect(), await connect()];
  const results = await Promise.allSettled([
    a.query("SELECT 1 / $1::int", [0]),
    b.query("SELECT $1::int AS value", [5]),
    a.query("SELECT $1::int AS value", [6]),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  await a.query("BEGIN");
  await expect(a.query("SELECT nothing FROM nowhere")).rejects.toThrow(/nowhere/);
  const waiting = b.query("SELECT 1 AS one");
  await a.query("ROLLBACK");
  expect((await waiting).rows).toEqual([{ one: 1 }]);
  await Promise.all([a.end(), b.end()]);
});

test("a connection that is lost inside a transaction is rolled back, and the next one goes on", async () => {
  const [a, b] = [await connect(), await connect()];
  await b.query("CREATE TABLE abandoned (value int)");
  for (const queries of [
    ["BEGIN"],
    ["BEGIN", "INSERT INTO abandoned VALUES (1)"],
    ["BEGIN", "SELECT broken"],
  ]) {
    const lost = await connect();
    // Not awaited: the connection may go while its queries are still waiting or running.
    for (const query of queries) lost.query(query).catch(() => {});
    await lost.query("SELECT 1").catch(() => {});
    await lost.query("INSERT INTO abandoned VALUES (2)").catch(() => {});
    lost.connection.stream.destroy();
    expect((await b.query("SELECT count(*)::int AS count FROM abandoned")).rows).toEqual([{ count: 0 }]);
  }
  const gone = await connect();
  gone.query("BEGIN").catch(() => {});
  gone.connection.stream.destroy();
  expect((await b.query("SELECT 2 AS two")).rows).toEqual([{ two: 2 }]);
  await Promise.all([a.end(), b.end()]);
});

test("only who knows the password comes in, and no superuser does", async () => {
  const wrong = server.url.replace(/:[^:@]+@/, ":guess@");
  await expect(connect(wrong)).rejects.toThrow(/password authentication failed/);
  await expect(connect(server.url.replace("segue:", "postgres:"))).rejects.toThrow(/password/);
  const client = await connect();
  const { rows } = await client.query(
    "SELECT rolsuper FROM pg_roles WHERE rolname = current_user AND current_user = session_user",
  );
  expect(rows).toEqual([{ rolsuper: false }]);
  // Each of these ends the engine's only thread, or leaves the database, for who may do it.
  for (const forbidden of [
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/x'",
    "ALTER SYSTEM SET fsync = on",
    "SET ROLE pg_execute_server_program",
    "SET SESSION AUTHORIZATION pg_execute_server_program",
    "DO $$ BEGIN EXECUTE 'SET SESSION AUTHORIZATION ' || 'pg_write_server_files'; END $$",
    "SELECT set_config('session_authorization', 'pg_write_server_files', false)",
    "GRANT pg_execute_server_program TO segue",
    "ALTER ROLE segue SUPERUSER",
    "CREATE ROLE another SUPERUSER",
    "UPDATE pg_authid SET rolsuper = true",
    "ALTER TABLE pg_authid DISABLE TRIGGER ALL",
    "CREATE FUNCTION any_code() RETURNS int LANGUAGE c AS 'x', 'y'",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT lo_export(1, 'PG_VERSION')",
    "SELECT pg_reload_conf()",
    "SELECT pg_terminate_backend(pg_backend_pid())",
  ]) {
    await expect(client.query(forbidden), forbidden).rejects.toThrow(/permission denied|must be superuser/);
  }
  // The role as which PGlite's session was authenticated is the very one that clients have.
  for (const role of ["ROLE", "SESSION AUTHORIZATION"])
    await expect(client.query(`SET ${role} postgres`)).rejects.toThrow(/does not exist/);
  for (const reset of ["RESET ROLE", "RESET SESSION AUTHORIZATION", "DISCARD ALL"]) await client.query(reset);
  expect((await client.query("SELECT session_user, current_user")).rows).toEqual([
    { session_user: segueRole, current_user: segueRole },
  ]);
  expect((await client.query("SELECT count(*)::int AS supers FROM pg_roles WHERE rolsuper")).rows).toEqual([
    { supers: 0 },
  ]);
  await client.end();
});

test("a transaction that stands idle holds up nobody for long, and its client is told", async () => {
  await using hasty = await startPostgresServer({
    host: "127.0.0.1",
    port: 0,
    dataDir: null,
    idleInTransactionMs: 500,
  });
  const [idle, other] = [await connect(hasty.url), await connect(hasty.url)];
  await other.query("CREATE TABLE kept (value int)");
  const told = new Promise<unknown>((resolve) => idle.on("error", resolve));
  await idle.query("BEGIN");
  await idle.query("INSERT INTO kept VALUES (1)");
  expect((await other.query("SELECT count(*)::int AS count FROM kept")).rows).toEqual([{ count: 0 }]);
  expect(String(await told)).toMatch(/idle-in-transaction/);
  await other.end();
});

test("a client that stops in the middle of a query holds up nobody for long, and is told", async () => {
  await using hasty = await startPostgresServer({
    host: "127.0.0.1",
    port: 0,
    dataDir: null,
    idleInTransactionMs: 500,
  });
  const [half, other] = [await connect(hasty.url), await connect(hasty.url)];
  const told: string[] = [];
  half.on("error", (error) => told.push(error.message));
  // A query with parameters is five messages; the session is taken from the first to the last.
  half.connection.parse({ text: "SELECT 1", name: "", types: [] }, false);
  await once(half.connection, "parseComplete");
  expect((await other.query("SELECT 2 AS two")).rows).toEqual([{ two: 2 }]);
  await expect.poll(() => told.join()).toMatch(/idle-in-transaction/);
  // One whose answer takes its time is none of these.
  const slow = "SELECT count(*)::int AS n FROM generate_series(1, $1::int)";
  expect((await other.query(slow, [3_000_000])).rows).toEqual([{ n: 3_000_000 }]);
  await other.end();
});

test("a folder is one server's at a time", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "segue-postgres-"));
  const options = { host: "127.0.0.1", port: 0, dataDir: join(dataDir, "postgres") };
  const first = await startPostgresServer(options);
  await expect(startPostgresServer(options)).rejects.toThrow(FolderInUseError);
  await first.close();
  await (await startPostgresServer(options)).close();
  await rm(dataDir, { recursive: true, force: true });
});

// A test that fails before it ends its server must not leave it behind: it would hold the runner's own pipes open.
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

async function startChild(dataDir: string): Promise<{ child: ChildProcess; url: string }> {
  const main = fileURLToPath(new URL("../postgres-main.ts", import.meta.url));
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main], {
    env: {
      ...process.env,
      SEGUE_DATA_DIR: dataDir,
      SEGUE_POSTGRES_PORT: "0",
      SEGUE_POSTGRES_PASSWORD: "sesame",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.add(child);
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const { ready, port } = JSON.parse(String(line));
  expect(ready).toBe("postgres");
  return { child, url: `postgres://segue:sesame@127.0.0.1:${port}/postgres?sslmode=disable` };
}

test("committed rows are there after kill -9 in the middle of writing, and SIGTERM exits with 0", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "segue-postgres-"));
  try {
    let committed = 0;
    for (let round = 0; round < 2; round++) {
      const { child, url } = await startChild(dataDir);
      const client = await connect(url);
      await client.query("CREATE TABLE IF NOT EXISTS kept (value int)");
      const died = once(child, "exit");
      const writing = (async () => {
        for (;;) {
          await client.query("INSERT INTO kept VALUES ($1)", [committed]);
          if (++committed % 150 === 0) child.kill("SIGKILL");
        }
      })();
      await expect(writing).rejects.toThrow();
      await died;
    }
    const { child, url } = await startChild(dataDir);
    const client = await connect(url);
    const { rows } = await client.query("SELECT count(*)::int AS count FROM kept");
    // The last insert may have been committed without its answer having arrived, once per kill.
    expect(rows[0].count).toBeGreaterThanOrEqual(committed);
    expect(rows[0].count).toBeLessThanOrEqual(committed + 2);
    await client.end();
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
