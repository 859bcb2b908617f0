import {
  type Client,
  holdsOver,
  type Pool,
  packFacts,
  type Row,
  type TransactionLimits,
  toStorable,
  toStorableJson,
  withText,
} from "@segue/catalog-db";
import { type Chain, recipesOf } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import { backfilledAttempts } from "./backfilled-attempts.ts";
import { changesOf } from "./changes/changes-of.ts";
import { type ChangeRow, type ToldTrack, tellChangesSql } from "./changes/tell-changes.ts";
import { costsOf, keepCosts } from "./costs-of.ts";
import { deriveTrack } from "./derive-track.ts";
import { familiesOf } from "./families-of.ts";
import { insertionOf } from "./insert-facts.ts";
import { readTouched, selectTouched } from "./known-track.ts";
import { type KnownAndDerived, packAtRest, packingSql } from "./pack-at-rest.ts";
import type { ArtifactRow, AttemptRow, Facts, ToldAttemptRow } from "./rows.ts";
import { type Spent, spentBy, spentIntermediates } from "./spent-intermediates.ts";
import { asToldFirst } from "./told-times.ts";
import { transactCatalog } from "./write-catalog.ts";

/** The latest word holds; what has come to its end stays there. */
const steerBackfills = `
update backfills b set state = s.state, steered_at = s.at,
  finished_at = case when s.state = 'cancelled' then s.at end
from (select distinct on (id) * from jsonb_to_recordset($1::jsonb) as x(id uuid, state text, at timestamptz)
  order by id, at desc) s
where b.id = s.id and b.state in ('running', 'paused') and s.at > coalesce(b.steered_at, '-infinity')`;

/** Of one that has ended before. */
const endBackfills = `
with ended as (
  select * from jsonb_to_recordset($1::jsonb) as x(id uuid, finished_at timestamptz, total bigint, complete bigint, succeeded bigint,
    failed bigint, active_ms bigint, failures jsonb)),
failures as (
  insert into backfill_failures (backfill_id, step, code, tracks, example)
  select e.id, f.step, f.code, f.tracks, f.example
  from ended e, jsonb_to_recordset(e.failures) as f(step text, code text, tracks bigint, example uuid)
  on conflict do nothing)
update backfills b set state = 'done', finished_at = e.finished_at, total = e.total, complete = e.complete,
  succeeded = e.succeeded, failed = e.failed, active_ms = e.active_ms
from ended e where b.id = e.id and b.finished_at is null`;

/** What holds for tracks; what is done beside that comes after it. */
const writeDerived = (beside: readonly string[]) => `
with
given as materialized (select $1::jsonb as all),
derived as (
  select x.* from given, jsonb_to_recordset(given.all -> 'tracks')
    as x(id uuid, master text, size_bytes bigint, targets text[], wants text[], state text, finished_at timestamptz)),
holding as (
  select x.* from given, jsonb_populate_recordset(null::step_outcomes, given.all -> 'outcomes') x),
gone as (
  delete from step_outcomes o using derived d where o.track_id = d.id
  and not exists (select from holding h where h.track_id = o.track_id and h.step = o.step)),
held as (
  -- A track has one writer at a time. A row that is only held against what it would become is locked, which is a write of its own.
  insert into step_outcomes select h.* from holding h
  left join step_outcomes o on o.track_id = h.track_id and o.step = h.step
  where o is distinct from h
  on conflict (track_id, step) do update set
    status = excluded.status, blocked_by = excluded.blocked_by, version = excluded.version, kind = excluded.kind,
    address = excluded.address, outputs = excluded.outputs, how = excluded.how, error_code = excluded.error_code,
    error_message = excluded.error_message, error_words = excluded.error_words, worker = excluded.worker, started_at = excluded.started_at,
    finished_at = excluded.finished_at, duration_ms = excluded.duration_ms, cpu_ms = excluded.cpu_ms,
    gpu_ms = excluded.gpu_ms, earlier = excluded.earlier, tools = excluded.tools,
    delivery_attempt = excluded.delivery_attempt, underlying = excluded.underlying,
    recomputing = excluded.recomputing, failed_upgrade = excluded.failed_upgrade),
over as (
  delete from replay_watches w using given, jsonb_to_recordset(given.all -> 'replaysOver') as x(id uuid, "requestId" uuid)
  where w.track_id = x.id and w.request_id = x."requestId")${beside.map((part) => `,${part}`).join("")}
update tracks t set targets = d.targets, wants = d.wants, state = d.state, finished_at = d.finished_at,
  master = coalesce(t.master, d.master),
  size_bytes = coalesce(t.size_bytes, d.size_bytes)
from derived d
where t.id = d.id
  and ((t.targets, t.wants, t.state, t.finished_at) is distinct from (d.targets, d.wants, d.state, d.finished_at)
    or t.master is null and d.master is not null or t.size_bytes is null and d.size_bytes is not null)`;

/** What is known of facts once they are added. */
export interface Applied {
  /** Intermediates that nobody needs any more, as far as is known (see `spentIntermediates`). */
  readonly spent: readonly Spent[];
  /** Of their attempts those for backfills. */
  readonly backfilled: readonly AttemptRow[];
  /** That were told with it. */
  readonly changes: readonly ChangeRow[];
}

export interface ApplyOptions {
  readonly limits?: TransactionLimits | undefined;
  /** False: what happens to tracks is not told. For a rebuild, after which the feed begins anew. */
  readonly tells?: boolean;
}

/**
 * Adds facts to the catalog, and what they come to to the feed of changes, in one transaction of two ways there and back however many there are. Facts may come in any
 * order, and any number of times. @throws whatever the database says; `isDataError` tells whether retrying is of use.
 */
export async function applyFacts(
  pool: Pool,
  chain: Chain<StepSpec>,
  facts: Facts,
  { limits, tells = true }: ApplyOptions = {},
): Promise<Applied> {
  const touched = touchedBy(facts);
  const first = [
    ...writeFacts(chain, facts),
    ...(touched.length > 0 ? [withText(selectTouched(chain), `{${touched.join(",")}}`)] : []),
  ];
  let applied: Applied = { spent: [], backfilled: [], changes: [] };
  const derive = (rows: readonly Row[]) => {
    const derived = deriveAll(rows, chain, facts.attempts);
    applied = {
      spent: spentIntermediates(derived, facts, chain),
      backfilled: backfilledAttempts(derived, facts),
      changes: tells ? derived.flatMap(changesOf) : [],
    };
    if (derived.length === 0) return undefined;
    const { sql, json } = toWritten(derived);
    const told = tellChangesSql(applied.changes);
    return [withText(sql, json), ...(told === undefined ? [] : [told])].join(";\n");
  };
  if (first.length > 0)
    await transactCatalog(pool, touched, first.join(";\n"), touched.length > 0 ? derive : undefined, limits);
  return applied;
}

/** The statements that facts are written with. */
function writeFacts(chain: Chain<StepSpec>, facts: Facts): string[] {
  const artifacts = nameRecipes(chain, latestPerAddress(facts.artifacts)).map(packRow);
  const { attempts: all } = facts;
  const [ahead, attempts] = [all.filter(({ wasAhead }) => wasAhead), all.filter(({ wasAhead }) => !wasAhead)];
  const batch = { ...facts, attempts, ahead, artifacts, families: familiesOf(all), costs: costsOf(all) };
  const insertion = insertionOf(batch);
  const { steerings, backfillEnds } = facts;
  return [
    ...(insertion === undefined ? [] : [withText(insertion, toStorableJson(batch))]),
    ...(steerings.length > 0 ? [withText(steerBackfills, toStorableJson(steerings))] : []),
    ...(backfillEnds.length > 0 ? [withText(endBackfills, toStorableJson(backfillEnds))] : []),
  ];
}

/** What came of deriving tracks anew. */
export interface Refreshed {
  /** What was made for those that are at rest. */
  readonly spent: readonly Spent[];
  /** What has happened to tracks with it, to be told with the transaction's end. */
  readonly changes: readonly ChangeRow[];
  /** What holds for those that are known, by their ids. */
  readonly tracks: ReadonlyMap<string, ToldTrack>;
}

/** Derives anew what holds for tracks, from their requests and their attempts: for whoever has them for itself. */
export async function refreshTracks(
  client: Client,
  chain: Chain<StepSpec>,
  ids: readonly string[],
): Promise<Refreshed> {
  if (ids.length === 0) return { spent: [], changes: [], tracks: new Map() };
  const { rows } = await client.query<Row>(selectTouched(chain), [ids]);
  const derived = deriveAll(rows, chain);
  if (derived.length > 0) {
    const { sql, json, packed } = toWritten(derived);
    const news = derived.filter(({ id, isPacked }) => packed.has(id) && !isPacked);
    // Before the rows of masters, as whoever adds facts does it: nobody waits for both ways around.
    await keepCosts(
      client,
      news.flatMap(({ attempts }) => attempts),
    );
    await client.query(sql, [json]);
  }
  return {
    spent: spentBy(derived, chain),
    changes: derived.flatMap(changesOf),
    tracks: new Map(derived.map(({ id, owner, state }) => [id, { owner, state }])),
  };
}

/** @param told what is added: of what is packed it is not known any more that a clock was ahead. */
function deriveAll(
  rows: readonly Row[],
  chain: Chain<StepSpec>,
  told: readonly ToldAttemptRow[] = [],
): readonly KnownAndDerived[] {
  return readTouched(rows).map((track) => {
    const attempts = asToldFirst(track.attempts, told);
    const derived = deriveTrack(track, attempts, chain);
    return { ...track, ...derived, attempts, master: track.master ?? derived.master };
  });
}

/** How what holds for tracks is written. */
interface Written {
  readonly sql: string;
  /** What the statement does it from. */
  readonly json: string;
  /** Ids of tracks that are packed then. */
  readonly packed: ReadonlySet<string>;
}

function toWritten(derived: readonly KnownAndDerived[]): Written {
  const tracks = derived.map(({ finishedAt: finished_at, sizeBytes: size_bytes, ...track }) => {
    const { id, master, targets, wants, state } = track;
    return { id, master, size_bytes, targets, wants, state, finished_at };
  });
  const packing = packAtRest(derived);
  const packed = new Set(packing.packed.map(({ track_id }) => track_id));
  const outcomes = derived.filter(({ id }) => !packed.has(id)).flatMap((track) => track.outcomes);
  const replaysOver = derived.flatMap(({ id, replaysOver: over }) =>
    over.map((requestId) => ({ id, requestId })),
  );
  return {
    sql: writeDerived(packingSql(packing)),
    json: toStorableJson({ tracks, outcomes, replaysOver, ...packing }),
    packed,
  };
}

function touchedBy(facts: Facts): string[] {
  const ofTracks = [...facts.attempts, ...facts.requests].map((row) => row.track_id);
  return [...new Set([...facts.tracks.map((row) => row.id), ...ofTracks])];
}

/** Which recipe an artifact was made by; null where it is none of this chain's. */
function nameRecipes(chain: Chain<StepSpec>, rows: readonly ArtifactRow[]) {
  if (rows.length === 0) return [];
  const recipes = recipesOf(chain);
  return rows.map((row) => {
    const isOurs = chain.addressesFor(row.master).get(row.kind) === row.address;
    return { ...row, recipe: isOurs ? (recipes.get(row.kind) ?? null) : null };
  });
}

/** Bytes as Postgres reads them from text. What it would refuse to hold as JSON is mended before it is packed, as ever. */
function packRow<Row extends ArtifactRow>(row: Row) {
  const { facts, bulk } = packFacts(toStorable(row.facts));
  return { ...row, facts, bulk: bulk && `\\x${bulk.toString("hex")}` };
}

/** One statement may not touch a row twice: of two accounts the one holds that would in the table. Sorted: others write rows of the same masters. */
function latestPerAddress(rows: readonly ArtifactRow[]): ArtifactRow[] {
  const latest = new Map<string, ArtifactRow>();
  for (const row of rows) {
    const other = latest.get(row.address);
    if (!other || holdsOver(row, other)) latest.set(row.address, row);
  }
  return [...latest.values()].toSorted((a, b) => (a.address < b.address ? -1 : 1));
}
