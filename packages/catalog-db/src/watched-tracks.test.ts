import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { connect } from "./connect.ts";
import { migrate } from "./migrate.ts";
import { testDatabases } from "./testing.ts";

const directory = new URL("../migrations/", import.meta.url);

test.each(testDatabases)(
  "on an $name, open tracks of the release before have a watch from then on, and those that have ended have none",
  async ({ start }) => {
    await using database = await start();
    const pool = connect({
      connectionString: database.url,
      ...{ maxConnections: 1, connectTimeoutMs: 5_000, statementTimeoutMs: 60_000 },
      applicationName: "test",
      onIdleError() {},
    });
    await pool.query(
      "create table schema_migrations (name text primary key, digest text not null, applied_at timestamptz not null default now())",
    );
    const files = readdirSync(directory).toSorted();
    for (const name of files.filter((each) => each < "0055")) {
      const sql = readFileSync(new URL(name, directory), "utf8");
      await pool.query(sql);
      const digest = createHash("sha256").update(sql).digest("hex");
      await pool.query("insert into schema_migrations (name, digest) values ($1, $2)", [name, digest]);
    }
    const id = (n: number) => `018f0000-0000-7000-8000-00000000000${n}`;
    const accept = (n: number, state: string) =>
      pool.query(
        `insert into tracks (id, source, targets, wants, accepted_at, state)
         values ($1, 'upload', '{}', '{}', '2026-01-01T00:00:00Z', $2)`,
        [id(n), state],
      );
    await accept(1, "accepted");
    await accept(2, "processing");
    await accept(3, "done");
    const watch = (n: number) =>
      pool.query(
        "insert into track_watches (track_id, next_look_at, announced_again) values ($1, now(), 3)",
        [id(n)],
      );
    await watch(2);
    await watch(3);
    expect(await migrate(pool)).toContain("0055-looked-up.sql");
    const watched = async () =>
      (await pool.query("select track_id as id, is_new, announced_again from track_watches order by 1")).rows;
    expect(await watched()).toEqual([
      { id: id(1), is_new: true, announced_again: 0 },
      { id: id(2), is_new: false, announced_again: 3 },
    ]);
    // The catalog of the release before goes on meanwhile.
    await accept(4, "accepted");
    await pool.query("update tracks set state = 'done' where id = $1", [id(1)]);
    await pool.query("update tracks set state = 'processing' where id = $1", [id(3)]);
    expect((await watched()).map((row) => row.id)).toEqual([id(2), id(3), id(4)]);
    await pool.end();
  },
  120_000,
);
