// What infrastructure has run in the database is enough for the catalog to migrate and for readers to read, and for no more.
import { openMigrated, testDatabases } from "@segue/catalog-db/testing";
import { databaseAccess } from "@segue/infra";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { specOf } from "../support/project-spec.ts";

const server = testDatabases.find(({ name }) => name === "Postgres server");
const missing = server ? undefined : "no Postgres server is installed";
if (missing) console.warn(`skipped: access to the database: ${missing}`);

describe.skipIf(missing)(`access to the database${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("is enough for each, and no more", async () => {
    const spec = await specOf();
    await using database = await (server ?? expect.unreachable()).start();
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
    const catalog = "segue-catalog@segue-local.iam";
    const ingest = "segue-ingest@segue-local.iam";
    // As Cloud SQL makes users of accounts: they may log in, and nothing else.
    await ask("postgres", [`CREATE ROLE "${catalog}" LOGIN`, `CREATE ROLE "${ingest}" LOGIN`]);
    // Somebody else, who is given all that there will be to read.
    await ask("postgres", ["CREATE ROLE analyst LOGIN", "GRANT USAGE ON SCHEMA public TO analyst"]);
    await ask(catalog, ["ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO analyst"]);
    const steps = databaseAccess(spec);
    expect(steps.map(({ as }) => as)).toEqual(["postgres", catalog]);
    for (let times = 0; times < 2; times++) for (const { as, sql } of steps) await ask(as, sql);

    const pool = await openMigrated(urlOf(catalog));
    await pool.end();
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
    for (const { as, sql } of steps) await ask(as, sql);
    await ask(ingest, own);
    await expect(ask(ingest, ["CREATE TABLE mine ()"])).rejects.toThrow("permission denied");
    // Done again once the tables are there.
    for (const { as, sql } of steps) await ask(as, sql);
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
    for (const sql of ["DELETE FROM search_tracks", "UPDATE search_place SET position = 0"])
      await expect(ask(ingest, [sql]), sql).rejects.toThrow("permission denied");
    // Whoever may read tracks is not for that reason the API, and reads no secrets.
    await ask("analyst", ["SELECT * FROM tracks", "SELECT * FROM api_keys"]);
    for (const sql of [
      "INSERT INTO api_keys (id) VALUES ('mine')",
      "INSERT INTO search_rebuilds DEFAULT VALUES",
      `UPDATE webhooks SET url = 'https://analyst.example' WHERE id = '${id}'`,
      "SELECT secret FROM webhook_secrets",
      "SELECT let_serve_api('analyst')",
      "INSERT INTO api_accounts VALUES ('analyst')",
    ])
      await expect(ask("analyst", [sql]), sql).rejects.toThrow("permission denied");
    await expect(ask(ingest, ["INSERT INTO api_accounts VALUES ('analyst')"])).rejects.toThrow(
      "permission denied",
    );
    await ask(ingest, [`DELETE FROM webhooks WHERE id = '${id}'`]);
  });
});
