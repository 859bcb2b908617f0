/**
 * Tracks that are at rest are packed, all that is known of each in one row: what they want is there, nothing is being recomputed, and nobody looks after
 * them. What touches one (a request, an attempt) has all of it at hand, and packs it again or puts it back into the tables, in one transaction
 * that has the track for itself.
 *
 * What is known of a master's artifacts is packed with its first track that comes to rest, and grows with what is learnt later; other tracks may have the same
 * master, and be written at this moment. Whoever packs says what it found packed before: where that is something else by now, the rows stay in the table,
 * which is as good.
 */
import {
  type ArtifactState,
  type AttemptRow,
  keptRows,
  mergeArtifacts,
  packArtifacts,
  packTrack,
  type RequestRow,
  unpackFound,
} from "@segue/catalog-db";
import { Master } from "@segue/contracts";
import type { DerivedTrack } from "./derive-track.ts";
import { fullKey, type TouchedTrack } from "./known-track.ts";

export type KnownAndDerived = TouchedTrack & Omit<DerivedTrack, "master">;

/** What is packed, and what is not any more; as JSON it goes into the statement. */
export interface Packing {
  readonly packed: readonly PackedTrackRow[];
  /** Tracks whose rows are put back, and these. */
  readonly thawed: readonly string[];
  readonly attempts: readonly AttemptRow[];
  readonly requests: readonly RequestRow[];
  readonly artifacts: readonly PackedArtifactsRow[];
}

interface PackedTrackRow {
  readonly track_id: string;
  readonly request_ids: readonly string[] | null;
  /** Of bytes, hex digits. */
  readonly body: string;
}

interface PackedArtifactsRow {
  readonly master: string;
  readonly states: string;
  /** What its masters have: written where nobody has the same yet. */
  readonly set: readonly ArtifactState[];
  /** What was packed of it before. Of bytes, hex digits. */
  readonly before: string | null;
  readonly body: string;
  /** Rows of the table that are packed, as they were. */
  readonly gone: readonly { readonly address: string; readonly seen_at: string; readonly failed: boolean }[];
}

export function packAtRest(tracks: readonly KnownAndDerived[]): Packing {
  const resting = tracks.filter(isAtRest);
  const isResting = new Set(resting);
  const opened = tracks.filter((track) => track.isPacked && !isResting.has(track));
  const masters = new Map(resting.flatMap((track) => (track.master ? [[track.master, track] as const] : [])));
  return {
    packed: resting.map(toPackedTrack),
    thawed: opened.map(({ id }) => id),
    attempts: opened.flatMap(({ attempts }) => attempts),
    requests: opened.flatMap(({ requestRows }) => requestRows),
    artifacts: [...masters].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(toPackedArtifacts),
  };
}

/** Whether nothing is to be expected of a track, and nothing of it to be looked for but by its id. */
function isAtRest({ state, outcomes, requests, replaysOver, mayBePacked }: KnownAndDerived): boolean {
  const isWell = outcomes.every(
    (row) => row.status === "succeeded" && row.recomputing === null && row.failed_upgrade === null,
  );
  const isLeftAlone = requests.every(
    ({ id, isWatched, underWay }) => underWay === null && (!isWatched || replaysOver.includes(id)),
  );
  return mayBePacked && state === "done" && isWell && isLeftAlone;
}

function toPackedTrack({ id, requestRows, attempts, outcomes }: KnownAndDerived): PackedTrackRow {
  const known = new Map(attempts.map((row) => [fullKey(row), row]));
  const holding = outcomes.flatMap((row) =>
    row.status === "blocked" ? [] : (known.get(fullKey(row)) ?? []),
  );
  const others = requestRows.map(({ request_id }) => request_id).filter((each) => each !== id);
  return {
    track_id: id,
    request_ids: others.length > 0 ? others : null,
    body: packTrack(id, { requests: requestRows, attempts, holding }).toString("hex"),
  };
}

/** No chain makes a master: it is packed as of a recipe that none has. */
const ofMaster = Master.name;

/** What is of a recipe that is not known is looked up by its address, and stays in the table. */
function toPackedArtifacts([master, { artifacts }]: readonly [
  string,
  KnownAndDerived,
]): PackedArtifactsRow[] {
  if (!artifacts.rows) return [];
  const packed = unpackFound(master, artifacts);
  const known = new Set(packed.map(({ address }) => address));
  const rows = artifacts.rows
    .map((row) => (row.address === master ? { ...row, recipe: ofMaster } : row))
    .filter(({ recipe, address }) => recipe !== null || known.has(address));
  if (rows.length === 0) return [];
  const { states, body } = packArtifacts(mergeArtifacts(packed, keptRows(rows)));
  return [
    {
      ...{ master, states: states.id, set: states.states },
      before: artifacts.packed?.body ?? null,
      body: body.toString("hex"),
      gone: rows.map(({ address, seen_at, failed }) => ({ address, seen_at, failed })),
    },
  ];
}

const packTracks = `
packing as (
  select x.* from given, jsonb_to_recordset(given.all -> 'packed') as x(track_id uuid, request_ids uuid[], body text)),
packed as (
  insert into packed_tracks (track_id, request_ids, body) select track_id, request_ids, decode(body, 'hex') from packing
  on conflict (track_id) do update set request_ids = excluded.request_ids, body = excluded.body
  where packed_tracks.body <> excluded.body or packed_tracks.request_ids is distinct from excluded.request_ids),
packed_requests as (delete from requests r using packing p where r.track_id = p.track_id),
packed_attempts as (delete from step_attempts a using packing p where a.track_id = p.track_id)`;

const thawTracks = `
thawing as (
  select x.id::uuid as track_id from given, jsonb_array_elements_text(given.all -> 'thawed') as x(id)),
thawed as (delete from packed_tracks p using thawing t where p.track_id = t.track_id),
-- What came meanwhile is among what is put back, and gone before: whoever inserts has counted it.
late_requests as (delete from requests r using thawing t where r.track_id = t.track_id returning r.track_id),
late_attempts as (delete from step_attempts a using thawing t where a.track_id = t.track_id returning a.track_id),
thawed_requests as (
  insert into requests select x.* from given, jsonb_populate_recordset(null::requests, given.all -> 'requests') x
  where (select count(*) from late_requests) >= 0 on conflict do nothing),
thawed_attempts as (
  insert into step_attempts select x.* from given, jsonb_populate_recordset(null::step_attempts, given.all -> 'attempts') x
  where (select count(*) from late_attempts) >= 0 on conflict do nothing)`;

const packMasters = `
made as (
  select x.* from given, jsonb_to_recordset(given.all -> 'artifacts') as x(master text, states bigint, "set" jsonb, before text, body text, gone jsonb)),
made_states as (
  insert into artifact_states (id, kind, recipe, failed)
  select distinct m.states, s.kind, s.recipe, s.failed from made m, jsonb_to_recordset(m."set") as s(kind text, recipe text, failed boolean)
  where not exists (select from artifact_states known where known.id = m.states)
  order by 1, 2, 3, 4
  on conflict do nothing),
made_packed as (
  insert into packed_artifacts as p (states, master, body) select states, decode(master, 'hex'), decode(body, 'hex') from made order by master
  on conflict (master) do update set states = excluded.states, body = excluded.body
  where exists (select from made m where decode(m.master, 'hex') = p.master and decode(m.before, 'hex') = p.body)
  returning p.master),
made_free as (
  -- What another writes at this moment stays: it may wait for what is packed here.
  select a.address from made m join made_packed p on p.master = decode(m.master, 'hex'),
    jsonb_to_recordset(m.gone) as g(address text, seen_at timestamptz, failed boolean), artifacts a
  where a.address = g.address and a.seen_at = g.seen_at and a.failed = g.failed
  for update of a skip locked),
made_gone as (delete from artifacts a using made_free f where a.address = f.address)`;

/** What a statement does with it, beside others of which `given` is one; as often nothing is, nothing is said. */
export function packingSql({ packed, thawed, artifacts }: Packing): readonly string[] {
  return [
    ...(packed.length > 0 ? [packTracks] : []),
    ...(thawed.length > 0 ? [thawTracks] : []),
    ...(artifacts.length > 0 ? [packMasters] : []),
  ];
}
