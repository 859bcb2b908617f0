import { expect, test } from "vitest";
import { connect } from "./connect.ts";
import { migrate } from "./migrate.ts";
import { listTracks, type TrackFilter } from "./read-tracks.ts";
import { countRowsRead, testDatabases } from "./testing.ts";

/** Tracks of each of the common sorts; the rare ones are older than all of them. */
const many = 8_000;

test.each(testDatabases)(
  "on an $name, a page of rare tracks reads no rows of the many others, whatever it is filtered by",
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
    const trackId = (sort: string, n: number) =>
      `018f0000-0000-7000-${sort}-${n.toString(16).padStart(12, "0")}`;
    const insert = async (sort: string, state: string, count: number) => {
      await pool.query(
        `insert into tracks (id, master, size_bytes, source, targets, wants, accepted_at, state)
         select ('018f0000-0000-7000-${sort}-' || lpad(to_hex(i), 12, '0'))::uuid, repeat('a', 64), 1, 'upload', '{tempo}',
           '{decode,tempo}', now(), $2 from generate_series(1, $1::int) i`,
        [count, state],
      );
    };
    const fail = async (sort: string, step: string, code: string, underlying: string | null = null) => {
      await pool.query(
        `insert into step_outcomes (track_id, step, status, error_code, error_message, underlying)
         select id, $2, 'failed', $3, '', $4::jsonb from tracks where id::text like '018f0000-0000-7000-' || $1 || '-%'`,
        [sort, step, code, underlying && JSON.stringify({ code: underlying, message: "" })],
      );
    };
    await insert("8000", "processing", 2);
    await insert("8001", "partial", 2);
    await fail("8001", "tempo", "retries-exhausted", "odd");
    await insert("8002", "failed", 2);
    await fail("8002", "decode", "not-audio");
    // Open still: it may succeed yet.
    await insert("8003", "processing", 1);
    await fail("8003", "decode", "not-audio");
    await insert("9000", "accepted", many);
    await insert("9001", "failed", many);
    await fail("9001", "encode", "retries-exhausted", "usual");
    await insert("9002", "done", many);
    // Those of an owner who has few, beneath all others.
    await insert("7fff", "done", 2);
    await pool.query("update tracks set owner = 'acme' where id::text like '018f0000-0000-7000-7fff-%'");
    await pool.query("analyze");

    const reads = () => countRowsRead(pool, "tracks", "step_outcomes");
    const page = async (filter: TrackFilter, before?: string) => {
      const readBefore = await reads();
      const tracks = await listTracks(pool, { before, limit: 2 }, filter);
      expect((await reads()) - readBefore).toBeLessThan(many / 10);
      return tracks.map(({ id }) => id);
    };
    const two = (sort: string) => [trackId(sort, 2), trackId(sort, 1)];
    expect(await page({ state: "processing" }, trackId("8003", 1))).toEqual(two("8000"));
    expect(await page({ state: "partial" })).toEqual(two("8001"));
    expect(await page({ code: "odd" })).toEqual(two("8001"));
    expect(await page({ code: "not-audio" })).toEqual(two("8002"));
    expect(await page({ code: "not-audio", step: "decode", state: "failed" })).toEqual(two("8002"));
    expect(await page({ code: "not-audio", step: "tempo" })).toEqual([]);
    expect(await page({ step: "tempo" })).toEqual(two("8001"));
    expect(await page({ failed: true, state: "partial" })).toEqual(two("8001"));
    // What is common is a walk of its own length.
    expect(await page({ failed: true })).toEqual([trackId("9001", many), trackId("9001", many - 1)]);
    expect(await page({ failed: true }, trackId("9001", 1))).toEqual(two("8002"));
    expect(await page({ code: "usual" })).toEqual([trackId("9001", many), trackId("9001", many - 1)]);
    expect(await page({ code: "retries-exhausted" }, trackId("9001", 1))).toEqual(two("8001"));
    expect(await page({ state: "failed" }, trackId("9001", 1))).toEqual(two("8002"));
    expect(await page({ state: "accepted" }, trackId("9000", 3))).toEqual(two("9000"));
    expect(await page({}, trackId("8001", 1))).toEqual(two("8000"));
    expect(await page({ owner: "acme" })).toEqual(two("7fff"));
    expect(await page({ owner: "acme", state: "done" })).toEqual(two("7fff"));
    expect(await page({ owner: "acme", failed: true })).toEqual([]);
    expect(await page({ owner: "nobody" })).toEqual([]);
    await pool.end();
  },
  300_000,
);
