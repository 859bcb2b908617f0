// What infrastructure has run in the database is enough for the catalog to migrate, for the API to keep what it keeps, and for readers to read, and for no more.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { connect, readMissingRights } from "@segue/catalog-db";
import { findPostgresBin, openMigrated, testDatabases } from "@segue/catalog-db/testing";
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { databaseAccess, renderDatabaseAccess } from "@segue/infra";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { specOf } from "../support/project-spec.ts";

const server = testDatabases.find(({ name }) => name === "Postgres server");
const missing = server ? undefined : "no Postgres server is installed";
if (missing) console.warn(`skipped: access to the database: ${missing}`);

const catalog = "segue-catalog@segue-local.iam";
const ingest = "segue-ingest@segue-local.iam";
const report = "segue-report@segue-local.iam";

/** A server with the fleet's users, as Cloud SQL makes them of accounts: they may log in, and nothing else. */
async function startDatabase() {
  const database = await (server ?? expect.unreachable()).start();
  const urlOf = (user: string) => database.url.replace("//postgres@", `//${encodeURIComponent(user)}@`);
  const ask = async (user: string, sql: readonly string[]) => {
    const client = new pg.Client({ connectionString: urlOf(user) });
    await client.connect();
    try {
      for (const statement of sql) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  await ask(
    "postgres",
    [catalog, ingest, report].map((user) => `CREATE ROLE "${user}" LOGIN`),
  );
  return {
    ...{ urlOf, ask },
    async run(spec: FleetSpec) {
      for (const { as, sql } of databaseAccess(spec)) await ask(as, sql);
    },
    async migrate() {
      await (await openMigrated(urlOf(catalog))).end();
    },
    /** What the API would say of its rights. */
    async missingFor(user: string) {
      const limits = { maxConnections: 1, connectTimeoutMs: 10_000, statementTimeoutMs: 10_000 };
      const own = { connectionString: urlOf(user), applicationName: "test", onIdleError() {} };
      const pool = connect({ ...limits, ...own });
      try {
        return await readMissingRights(pool);
      } finally {
        await pool.end();
      }
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** With a service that reads the catalog's tables, and is not the API. */
function withReport(spec: FleetSpec): FleetSpec {
  const services = spec.services.flatMap((each) =>
    each.name === "ingest"
      ? [each, { ...each, name: "report", grants: { ...each.grants, database: "read" as const } }]
      : [each],
  );
  return { ...spec, services };
}

describe.skipIf(missing)(`access to the database${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("is enough for each, and no more", async () => {
    const spec = await specOf();
    await using database = await startDatabase();
    const { ask, run } = database;
    // Somebody else, who is given all that there will be to read.
    await ask("postgres", ["CREATE ROLE analyst LOGIN", "GRANT USAGE ON SCHEMA public TO analyst"]);
    await ask(catalog, ["ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO analyst"]);
    expect(databaseAccess(spec).map(({ as }) => as)).toEqual(["postgres", catalog]);
    for (let times = 0; times < 2; times++) await run(spec);

    await database.migrate();
    expect([await database.missingFor(ingest), await database.missingFor(catalog)]).toEqual([[], []]);
    await ask(ingest, ["SELECT * FROM tracks", "SELECT * FROM schema_migrations"]);
    await expect(ask(ingest, ["DELETE FROM tracks"])).rejects.toThrow("permission denied");
    // What the API itself keeps, by the migration; and again, where a reader comes later.
    const own = ["INSERT INTO api_usage VALUES ('k', '2025-01-01')", "DELETE FROM api_usage"];
    await ask(ingest, [...own, "SELECT * FROM api_keys", "UPDATE api_keys SET revoked_at = now()"]);
    await ask(ingest, [
      "INSERT INTO api_audit (at, action, address, request_id, status) VALUES (now(), 'a', 'b', 'c', 200)",
    ]);
    await ask(catalog, [`REVOKE ALL ON api_usage FROM "${ingest}"`]);
    await expect(ask(ingest, own)).rejects.toThrow("permission denied");
    expect(await database.missingFor(ingest)).toEqual(["api_usage: SELECT, INSERT, UPDATE, DELETE"]);
    await run(spec);
    await ask(ingest, own);
    await expect(ask(ingest, ["CREATE TABLE mine ()"])).rejects.toThrow("permission denied");
    // Done again once the tables are there.
    await run(spec);
    // Webhooks are the API's to write; their secrets it may give and expire, and not read.
    const id = "01900000-0000-7000-8000-000000000001";
    await ask(ingest, [
      `INSERT INTO webhooks (id, owner, url, types, description, active, position, epoch) VALUES ('${id}', 'o', 'u', '{}', '', true, 0, '')`,
      `INSERT INTO webhook_secrets (webhook_id, secret) VALUES ('${id}', 's')`,
      `UPDATE webhook_secrets SET expires_at = now() WHERE webhook_id = '${id}'`,
      `INSERT INTO webhook_deliveries (webhook_id, type, body) VALUES ('${id}', 't', '{}')`,
      "UPDATE webhook_deliveries SET state = 'failed'",
      "SELECT webhook_id, created_at, expires_at FROM webhook_secrets",
    ]);
    await expect(ask(ingest, ["SELECT secret FROM webhook_secrets"])).rejects.toThrow("permission denied");
    // That search is made anew it may ask for, and has a catalog do it.
    await ask(ingest, ["INSERT INTO search_rebuilds DEFAULT VALUES", "SELECT * FROM search_tracks"]);
    // What people correct it has kept, and writes neither of the two tables.
    await ask(ingest, [
      `SELECT keep_correction('{"track_id": "${id}"}', true)`,
      "SELECT * FROM track_corrections",
    ]);
    for (const sql of [
      "DELETE FROM track_corrections",
      "DELETE FROM changes",
      "DELETE FROM search_tracks",
      "UPDATE search_place SET position = 0",
    ])
      await expect(ask(ingest, [sql]), sql).rejects.toThrow("permission denied");
    // Whoever may read tracks is not for that reason the API, and reads no secrets.
    await ask("analyst", ["SELECT * FROM tracks", "SELECT * FROM api_keys"]);
    for (const sql of [
      "INSERT INTO api_keys (id) VALUES ('mine')",
      "INSERT INTO search_rebuilds DEFAULT VALUES",
      `UPDATE webhooks SET url = 'https://analyst.example' WHERE id = '${id}'`,
      "SELECT secret FROM webhook_secrets",
      `SELECT keep_correction('{"track_id": "${id}"}', true)`,
      "SELECT let_serve_api('analyst')",
      "INSERT INTO api_accounts VALUES ('analyst')",
    ])
      await expect(ask("analyst", [sql]), sql).rejects.toThrow("permission denied");
    await expect(ask(ingest, ["INSERT INTO api_accounts VALUES ('analyst')"])).rejects.toThrow(
      "permission denied",
    );
    await ask(ingest, [`DELETE FROM webhooks WHERE id = '${id}'`]);
  });

  test("a release that came before it has an API that says so; done afterwards, as a file for psql, it is enough", async () => {
    const spec = await specOf();
    await using database = await startDatabase();
    const { ask, urlOf } = database;
    // What was run for the release before: the API may read.
    await ask("postgres", [
      `GRANT USAGE, CREATE ON SCHEMA public TO "${catalog}"`,
      `GRANT USAGE ON SCHEMA public TO "${ingest}"`,
    ]);
    await ask(catalog, [`ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO "${ingest}"`]);
    expect(await database.missingFor(ingest)).toEqual([]);
    await database.migrate();
    const said = await database.missingFor(ingest);
    expect(said).toContain("api_audit: INSERT, UPDATE, DELETE");
    expect(said).toContain("webhook_secrets: INSERT, UPDATE, DELETE");
    const psql = promisify(execFile)(`${findPostgresBin()}/psql`, [urlOf("postgres"), "--no-psqlrc"], {
      encoding: "utf8",
    });
    psql.child.stdin?.end(renderDatabaseAccess(spec));
    await psql;
    expect(await database.missingFor(ingest)).toEqual([]);
  });

  test("a service that reads is not the API, nor does it stay it", async () => {
    const spec = withReport(await specOf());
    await using database = await startDatabase();
    const { ask } = database;
    await database.run(spec);
    await database.migrate();
    // Readers were the API once.
    await ask(catalog, [`SELECT let_serve_api('${report}')`]);
    await ask(report, ["DELETE FROM api_keys"]);
    await database.run(spec);
    expect(await database.missingFor(ingest)).toEqual([]);
    await ask(report, ["SELECT * FROM tracks"]);
    for (const sql of [
      "INSERT INTO api_keys (id) VALUES ('mine')",
      "DELETE FROM webhooks",
      "UPDATE webhook_secrets SET expires_at = now()",
      "SELECT secret FROM webhook_secrets",
    ])
      await expect(ask(report, [sql]), sql).rejects.toThrow("permission denied");
    // What is made later is its to read, and no more.
    await ask(catalog, ["CREATE TABLE later (n int)"]);
    await ask(report, ["SELECT * FROM later"]);
    await expect(ask(report, ["INSERT INTO later VALUES (1)"])).rejects.toThrow("permission denied");
  });
});
