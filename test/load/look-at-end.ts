import { setTimeout as delay } from "node:timers/promises";
import { connect, type Pool, unpackTrack } from "@segue/catalog-db";
import { createNames, localNaming } from "@segue/chain";
import { createApiClient, walkTracks } from "@segue/client";
import { readAskedName, readSortingId } from "@segue/contracts";
import type { RunningFleet } from "@segue/launcher";
import { checkFeed, type ToldTrack } from "../chaos/check-feed.ts";
import type { FeedReader } from "../chaos/feed-reader.ts";
import type { Check } from "../chaos/invariants.ts";
import { storeOf } from "../support/cloud.ts";
import { checkLoad, type LoadedTrack, type LoadState } from "./check-load.ts";
import type { Sent } from "./send-posts.ts";

/** No track has ended for so long: they hang. */
const hangMs = 300_000;
const pollMs = 1_000;
const logEveryMs = 30_000;

export function openEnd(databaseUrl: string): Pool {
  return connect({
    connectionString: databaseUrl,
    maxConnections: 1,
    connectTimeoutMs: 60_000,
    statementTimeoutMs: 600_000,
    applicationName: "segue-test",
    onIdleError() {},
  });
}

/** Waits until so many tracks have ended, or none has for long: what is missing then is found by the checks. */
export async function waitForLast(pool: Pool, count: number, log: (line: string) => void): Promise<void> {
  let most = -1;
  let changedAt = performance.now();
  let loggedAt = performance.now();
  for (;;) {
    const { rows } = await pool.query<{ ended: number; open: number }>(
      `select count(*) filter (where finished_at is not null)::int as ended,
         count(*) filter (where finished_at is null)::int as open from tracks`,
    );
    const { ended = 0, open = 0 } = rows[0] ?? {};
    if (ended >= count && open === 0) return;
    if (ended > most) {
      most = ended;
      changedAt = performance.now();
    }
    if (performance.now() - changedAt > hangMs) return log(`${count - ended} tracks do not end`);
    if (performance.now() - loggedAt > logEveryMs) {
      loggedAt = performance.now();
      log(`${ended} tracks have ended`);
    }
    await delay(pollMs);
  }
}

export async function lookAtEnd(about: {
  readonly fleet: RunningFleet;
  readonly pool: Pool;
  readonly reader: FeedReader;
  readonly sent: readonly Sent[];
}): Promise<Check[]> {
  const { fleet, pool, reader, sent } = about;
  const feed = await reader.finish();
  const { rows: tracks } = await pool.query<LoadedTrack>(
    "select id, master, state, metadata ->> 'load' as key from tracks",
  );
  const { rows: requests } = await pool.query<{ looked: number; wrong: string[] }>(
    `select count(*)::int as looked, coalesce(array_agg(track_id::text || ' has the request ' || request_id::text)
       filter (where request_id <> track_id), '{}') as wrong from requests`,
  );
  const attempts = await readAttempts(pool);
  const told: ToldTrack[] = tracks.map(({ id, state }) => ({ id, state, attempts: attempts.get(id) ?? [] }));
  const listed = await listTracks(fleet.apiUrl, 2 * tracks.length);
  const state: LoadState = { sent, tracks, listed, stored: await readStored(fleet) };
  return [
    ...checkLoad(state),
    {
      name: "nobody has asked for anything but what was posted",
      looked: `${requests[0]?.looked ?? 0} requests in rows`,
      violations: requests[0]?.wrong ?? [],
    },
    ...checkFeed(feed, reader, told),
  ];
}

/** By track: those in rows, and those of tracks that were packed. */
async function readAttempts(pool: Pool): Promise<Map<string, ToldTrack["attempts"][number][]>> {
  type Attempt = ToldTrack["attempts"][number] & { readonly track_id: string };
  const { rows } = await pool.query<Attempt>("select track_id, step, status from step_attempts");
  const all = [...rows];
  for (let after = "00000000-0000-0000-0000-000000000000"; ; ) {
    const { rows: packed } = await pool.query<{ id: string; body: Buffer }>(
      "select track_id as id, body from packed_tracks where track_id > $1 order by track_id limit 5000",
      [after],
    );
    for (const { id, body } of packed) all.push(...unpackTrack(id, body).attempts);
    const last = packed.at(-1);
    if (!last) return Map.groupBy(all, ({ track_id }) => track_id);
    after = last.id;
  }
}

async function listTracks(apiUrl: string, most: number): Promise<string[]> {
  const api = createApiClient(apiUrl);
  try {
    const ids: string[] = [];
    for await (const { id } of walkTracks(api, most)) ids.push(id);
    return ids;
  } finally {
    await api[Symbol.asyncDispose]();
  }
}

async function readStored({ env }: RunningFleet): Promise<LoadState["stored"]> {
  const store = storeOf(env);
  const names = createNames(localNaming);
  const tracks: string[] = [];
  const counts = { claims: 0, answers: 0 };
  for await (const { name } of store.walkObjects({ bucket: names.bucket("records"), prefix: "" })) {
    if (readAskedName(name) === "track") tracks.push(readSortingId(name) ?? name);
    if (/^[0-9a-f]{64}\.request\.json$/.test(name)) counts.claims += 1;
    if (/^[0-9a-f]{64}\.answer\.json$/.test(name)) counts.answers += 1;
  }
  const masters: string[] = [];
  for await (const { name } of store.walkObjects({ bucket: names.bucket("masters"), prefix: "" }))
    masters.push(name);
  return { tracks, ...counts, masters };
}
