import type { Pool } from "@segue/catalog-db";
import { countRowsRead, testDatabases } from "@segue/catalog-db/testing";
import { lowestTrackId } from "@segue/contracts";
import { planTracks, type TrackSelection } from "@segue/plan";
import { beforeAll, describe, expect, test } from "vitest";
import { chain } from "../fixtures/chain.ts";
import { usePool } from "../fixtures/test-pool.ts";
import { readUnfetched } from "./read-tracks.ts";

/** Tracks before, and after, those that are asked for. */
const many = 8_000;
const hourMs = 3_600_000;
const nowMs = Date.now();
const ago = (hours: number) => new Date(nowMs - hours * hourMs);

describe.each(testDatabases)("on an $name", (kind) => {
  let pool: Pool;
  usePool(kind, (opened) => {
    pool = opened.pool;
  });

  /** Accepted at a time, each a millisecond after the one before; the first has the lowest id of it. */
  const add = async (count: number, at: Date, { hasMaster }: { readonly hasMaster: boolean }) => {
    await pool.query(
      `insert into tracks (id, master, size_bytes, source, targets, wants, accepted_at, state)
       select (left(hex, 8) || '-' || right(hex, 4) || '-7000-8000-000000000000')::uuid,
         case when $3 then encode(sha256(convert_to(hex, 'UTF8')), 'hex') end, 1, 'upload', '{}', '{}', $2::timestamptz + n * interval '1 ms',
         case when $3 then 'done' else 'accepted' end
       from (select n, lpad(to_hex($4::bigint + n), 12, '0') as hex from generate_series(0, $1::int - 1) n) each`,
      [count, at, hasMaster, at.getTime()],
    );
  };
  beforeAll(async () => {
    await add(many, ago(1_000), { hasMaster: true });
    await add(1, ago(500), { hasMaster: false });
    await add(2, ago(400), { hasMaster: true });
    await add(many, ago(300), { hasMaster: true });
    await pool.query("analyze");
  }, 120_000);

  const reads = () => countRowsRead(pool, "tracks");
  /** Ids of what is found, without a walk over the many. */
  const found = async (look: () => Promise<readonly { readonly id: string }[]>) => {
    const before = await reads();
    const tracks = await look();
    expect((await reads()) - before).toBeLessThan(many / 10);
    return tracks.map(({ id }) => id);
  };
  const planned = (selection: TrackSelection) => () =>
    planTracks(pool, chain, { targets: ["tempo"], force: [], limit: 10 }, selection);
  const both = [lowestTrackId(ago(400)), lowestTrackId(new Date(ago(400).getTime() + 1))];

  test("tracks without a master are found among many that have one", async () => {
    const since = { acceptedUntil: new Date(nowMs) };
    expect(await found(() => readUnfetched(pool, since, 10))).toEqual([lowestTrackId(ago(500))]);
    const after = { ...since, after: lowestTrackId(ago(400)) };
    expect(await found(() => readUnfetched(pool, after, 10))).toEqual([]);
  });

  test("tracks that were accepted since a time are found behind many that were accepted before", async () => {
    const [first] = await found(planned({ acceptedSince: ago(450) }));
    expect(first).toBe(both[0]);
    expect(await found(planned({ acceptedSince: ago(10) }))).toEqual([]);
  });

  test("where what was accepted until a time ends, many that were accepted after it are not gone through", async () => {
    expect(await found(planned({ acceptedUntil: ago(350), after: lowestTrackId(ago(450)) }))).toEqual(both);
    expect(await found(planned({ acceptedUntil: ago(350), after: both[1] }))).toEqual([]);
  });

  test("a track whose API's clock was ahead is among those that were accepted until then", async () => {
    await add(1, ago(200), { hasMaster: true });
    await pool.query("update tracks set accepted_at = $2 where id = $1", [
      lowestTrackId(ago(200)),
      new Date(ago(200).getTime() - hourMs / 2),
    ]);
    const until = {
      acceptedUntil: new Date(ago(200).getTime() - hourMs / 4),
      after: lowestTrackId(ago(250)),
    };
    expect(await found(planned(until))).toEqual([lowestTrackId(ago(200))]);
  });
});
