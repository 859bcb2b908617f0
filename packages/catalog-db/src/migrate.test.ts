import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { connect, type Pool } from "./connect.ts";
import { isDataError } from "./errors.ts";
import { MigrationError, migrate } from "./migrate.ts";
import { listTracks, readTrack, readTracks } from "./read-tracks.ts";
import { type TestDatabase, testDatabases } from "./testing.ts";

describe.each(testDatabases)("on an $name", (kind) => {
  let database: TestDatabase;
  let pool: Pool;
  const open = () =>
    connect({
      connectionString: database.url,
      maxConnections: 4,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 120_000,
      applicationName: "test",
      onIdleError() {},
    });

  beforeAll(async () => {
    database = await kind.start();
    pool = open();
  });
  afterAll(async () => {
    await pool.end();
    await database[Symbol.asyncDispose]();
  });

  test("of two that migrate at once, one does and the other finds nothing to do", async () => {
    const other = open();
    const applied = await Promise.all([migrate(pool), migrate(other), migrate(pool)]);
    await other.end();
    const all = readdirSync(new URL("../migrations/", import.meta.url)).sort();
    expect(applied.filter((names) => names.length > 0)).toEqual([all]);
    expect(await migrate(pool)).toEqual([]);
  });

  test("a migration that was changed after it was applied is refused", async () => {
    const { rows } = await pool.query("select digest from schema_migrations order by name limit 1");
    await pool.query("update schema_migrations set digest = 'other' where name = '0001-initial.sql'");
    await expect(migrate(pool)).rejects.toThrow(MigrationError);
    await pool.query(
      `update schema_migrations set digest = '${rows[0].digest}' where name = '0001-initial.sql'`,
    );
  });

  test("many readers at once each get their own answers", async () => {
    const ids = Array.from(
      { length: 20 },
      (_, i) => `01900000-0000-7000-8000-${String(i).padStart(12, "0")}`,
    );
    for (const id of ids) {
      await pool.query(`insert into tracks (id, master, size_bytes, source, targets, wants, accepted_at)
        values ('${id}', '${"a".repeat(64)}', 5, 'upload', '{aac}', '{encode}', now())`);
    }
    const found = await Promise.all(ids.map((id) => readTrack(pool, id)));
    expect(found.map((track) => track?.id)).toEqual(ids);
    const pages = await Promise.all([
      listTracks(pool, { limit: 2 }),
      listTracks(pool, { limit: 3, before: ids[3] }),
      readTracks(pool, [ids[7] ?? "", ids[1] ?? ""]),
    ]);
    expect(pages.map((page) => page.map((track) => track.id))).toEqual([
      [ids[19], ids[18]],
      [ids[2], ids[1], ids[0]],
      [ids[7], ids[1]],
    ]);
  });

  test("only errors that the values caused are blamed on them", async () => {
    const failure = async (sql: string) => pool.query(sql).catch((error: unknown) => error);
    expect(isDataError(await failure("select '\\u0000'::jsonb -> 'x', '\"\\u0000\"'::jsonb"))).toBe(true);
    expect(isDataError(await failure("select * from no_such_table"))).toBe(false);
    expect(isDataError(z.int().safeParse("1").error)).toBe(true);
    expect(isDataError(new TypeError("of our own"))).toBe(true);
    await database.goAway();
    expect(isDataError(await failure("select 1"))).toBe(false);
    await database.comeBack();
    expect(await readTrack(pool, "01900000-0000-7000-8000-000000000000")).toMatchObject({
      state: "accepted",
    });
  });
});
