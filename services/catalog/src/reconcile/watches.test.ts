import { connect, migrate, readTrack } from "@segue/catalog-db";
import { countRowsRead, testDatabases } from "@segue/catalog-db/testing";
import { expect, test } from "vitest";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "../facts-of.ts";
import { accepted, chain, outcome, trackId } from "../fixtures/chain.ts";
import { startTestPool } from "../fixtures/test-pool.ts";
import { mergeFacts } from "../rows.ts";
import { createWatches } from "./watches.ts";

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
    // All are gone through once, a batch at a time.
    const seen = new Set<string>();
    for (;;) {
      const due = await watches.findDue(now, 60_000, 5_000);
      if (due.length === 0) break;
      for (const { id } of due) seen.add(id);
      expect(due.every(({ isOpen, isHeardOf }) => isOpen && !isHeardOf)).toBe(true);
      await watches.postpone(due, now, later);
    }
    expect(seen.size).toBe(open);
    await pool.query("analyze");

    // How many rows a look reads does not grow with what is open: Postgres counts them itself.
    const reads = () => countRowsRead(pool, "tracks", "track_watches");
    const before = await reads();
    for (let times = 0; times < 5; times++) expect(await watches.findDue(now, 60_000, 200)).toEqual([]);
    expect((await reads()) - before).toBeLessThan(open / 10);

    const [first = "", second = ""] = seen;
    await pool.query(
      "update track_watches set next_look_at = now() - interval '1 second' where track_id = any($1)",
      [[first, second]],
    );
    const due = async () => (await watches.findDue(new Date(), 60_000, 200)).map(({ id }) => id);
    expect(await due()).toEqual([first, second]);
    // Whoever writes: a track that has come to its end is not looked at, and one that is opened again is.
    await pool.query("update tracks set state = 'done' where id = $1", [second]);
    expect(await due()).toEqual([first]);
    await pool.query("update tracks set state = 'processing' where id = $1", [second]);
    expect(await due()).toEqual([first, second]);
    // A watch that came while its track ended goes, and that of an open one stays.
    await pool.query("update tracks set state = 'done' where id = $1", [second]);
    await watches.postpone([{ id: second, announcedAgain: 0, endedSteps: [] }], now, now);
    expect(await due()).toEqual([first, second]);
    await watches.forget([first, second]);
    expect(await due()).toEqual([first]);
    await pool.end();
  },
  300_000,
);

test.each(testDatabases)(
  "on an $name, a track that ends while it is looked at is not called stuck",
  async (kind) => {
    await using started = await startTestPool(kind);
    const { pool } = started;
    await applyFacts(pool, chain, acceptedFacts(accepted(1)));
    const told: string[] = [];
    const watches = createWatches(pool, (changes) => void told.push(...changes.map(({ type }) => type)));
    const now = new Date(Date.now() + 60_000);
    const [track] = await watches.findDue(now, 1_000, 10);
    if (!track) throw new Error("expected a track that is due");
    expect(track).toMatchObject({ id: trackId(1), isOpen: true });
    const all = chain.steps.map(({ name }) => outcomeFacts(outcome(1, name)));
    await applyFacts(pool, chain, mergeFacts(all));
    const next = { announcedAgain: 6, now, nextLookAt: now, stuck: "nobody has taken it up" };
    expect(await watches.claim(track, next)).toBe(false);
    expect(told).toEqual([]);
    expect(await readTrack(pool, trackId(1))).toMatchObject({ state: "done", stuck: null });
    const { rows } = await pool.query("select from track_watches");
    expect(rows).toEqual([]);
  },
);
