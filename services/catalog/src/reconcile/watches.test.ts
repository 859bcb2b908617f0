import { connect, migrate } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { expect, test } from "vitest";
import { createWatches } from "./watches.ts";

const lowest = "00000000-0000-0000-0000-000000000000";

test.each(testDatabases)(
  "on an $name, tracks to look at are found through indexes, however many are open",
  async ({ start }) => {
    await using database = await start();
    const pool = connect({
      connectionString: database.url,
      maxConnections: 1,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 120_000,
      applicationName: "test",
      onIdleError() {},
    });
    await migrate(pool);
    const open = 20_000;
    await pool.query(
      `insert into tracks (id, master, size_bytes, source, targets, wants, accepted_at, state)
     select ('018f0000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, repeat('a', 64), 1, 'upload', '{tempo}',
       '{decode,tempo}', now() - interval '1 hour', 'accepted' from generate_series(1, $1::int) i`,
      [open],
    );
    const watches = createWatches(pool);
    const now = new Date();
    const later = new Date(now.getTime() + 60_000);
    // All are gone through once, a batch at a time, and each gets its watch.
    let after = lowest;
    const seen = new Set<string>();
    for (;;) {
      const due = await watches.findDue(now, 60_000, 5_000, after);
      if (due.length === 0) break;
      for (const { id } of due) seen.add(id);
      expect(due.every(({ isNew, isOpen, isHeardOf }) => isNew && isOpen && !isHeardOf)).toBe(true);
      after = due.at(-1)?.id ?? after;
      await watches.postpone(due, now, later);
    }
    expect(seen.size).toBe(open);
    await pool.query("analyze");

    // How many rows a look reads does not grow with what is open: Postgres counts them itself.
    const reads = async () => {
      await pool.query("select pg_stat_force_next_flush()").catch(() => {});
      const { rows } = await pool.query(
        `select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as rows
       from pg_stat_user_tables where relname in ('tracks', 'track_watches')`,
      );
      return Number(rows[0]?.rows);
    };
    const before = await reads();
    for (let times = 0; times < 5; times++)
      expect(await watches.findDue(now, 60_000, 200, after)).toEqual([]);
    expect((await reads()) - before).toBeLessThan(open / 10);

    const [first = "", second = ""] = seen;
    await pool.query(
      "update track_watches set next_look_at = now() - interval '1 second' where track_id = any($1)",
      [[first, second]],
    );
    await pool.query("update tracks set state = 'done' where id = $1", [second]);
    const due = await watches.findDue(new Date(), 60_000, 200, after);
    expect(due).toMatchObject([
      { id: first, isNew: false, isOpen: true },
      { id: second, isOpen: false },
    ]);
    await watches.forget([second]);
    expect(await watches.findDue(new Date(), 60_000, 200, after)).toHaveLength(1);
    await pool.end();
  },
  300_000,
);
