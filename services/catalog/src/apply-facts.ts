import { type Client, inTransaction, type Pool, type TransactionLimits } from "@segue/catalog-db";
import { type Chain, recipesOf } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import { z } from "zod";
import { deriveTrack } from "./derive-track.ts";
import { familiesOf } from "./families-of.ts";
import { KnownBackfill, KnownReplay } from "./pending-work.ts";
import type { ArtifactRow, AttemptRow, Facts } from "./rows.ts";
import { toStorableJson } from "./storable-json.ts";

/**
 * One writer at a time, over all processes: two transactions that each see half of a track's outcomes would both
 * take it for unfinished, and rows shared by tracks could deadlock. Batches make one writer plenty.
 */
const writerLock = `select pg_advisory_xact_lock(${0x73_67_70_6a})`;
/** Under the pool's own limit: the server ends what is not waited for any more. */
const defaultLimits: TransactionLimits = { statementMs: 8_000 };

/** All that the facts say, in a single statement. */
const insertFacts = `
with
new_tracks as (
  insert into tracks select * from jsonb_populate_recordset(null::tracks, $1::jsonb -> 'tracks')
  on conflict do nothing),
new_jobs as (
  insert into jobs select * from jsonb_populate_recordset(null::jobs, $1::jsonb -> 'jobs')
  on conflict do nothing),
new_attempts as (
  insert into step_attempts select * from jsonb_populate_recordset(null::step_attempts, $1::jsonb -> 'attempts')
  on conflict do nothing),
new_families as (
  insert into tool_families select * from jsonb_populate_recordset(null::tool_families, $1::jsonb -> 'families')
  on conflict (step, version, tool, family) do update set seen_at = excluded.seen_at
  -- Days are told apart by it: not every batch has to write it.
  where excluded.seen_at > tool_families.seen_at + interval '1 minute'),
new_artifacts as (
  insert into artifacts select * from jsonb_populate_recordset(null::artifacts, $1::jsonb -> 'artifacts')
  on conflict (address) do update
  set facts = excluded.facts, payload = excluded.payload, seen_at = excluded.seen_at, failed = excluded.failed,
    recipe = coalesce(excluded.recipe, artifacts.recipe)
  -- A success is not undone by a failure.
  where excluded.failed < artifacts.failed
    or (excluded.failed = artifacts.failed and excluded.seen_at > artifacts.seen_at)),
new_backfills as (
  insert into backfills (id, targets, force, selection, in_flight, requested_at)
  select id, targets, force, selection, in_flight, requested_at
  from jsonb_populate_recordset(null::backfills, $1::jsonb -> 'backfills')
  on conflict do nothing),
new_replays as (
  insert into replays select * from jsonb_populate_recordset(null::replays, $1::jsonb -> 'replays')
  on conflict do nothing),
new_pings as (
  insert into ping_answers
  select distinct on (ping_id, step) * from jsonb_populate_recordset(null::ping_answers, $1::jsonb -> 'pingAnswers')
  order by ping_id, step, at
  on conflict do nothing),
old_pings as (
  delete from ping_answers where at < now() - interval '1 day' and jsonb_array_length($1::jsonb -> 'pingAnswers') > 0)
insert into dead_letters select * from jsonb_populate_recordset(null::dead_letters, $1::jsonb -> 'deadLetters')
on conflict do nothing`;

/** The latest word holds; what has come to its end stays there. */
const steerBackfills = `
update backfills b set state = s.state, steered_at = s.at,
  finished_at = case when s.state = 'cancelled' then s.at end
from (select distinct on (id) * from jsonb_to_recordset($1::jsonb) as x(id uuid, state text, at timestamptz)
  order by id, at desc) s
where b.id = s.id and b.state in ('running', 'paused') and s.at > coalesce(b.steered_at, '-infinity')`;

const selectTouched = `
select t.id, t.wants, t.targets, t.asked_at_first as "askedAtFirst",
  coalesce((select jsonb_agg(jsonb_build_object('since', r.requested_at, 'force', r.force, 'versions', r.versions))
    from replays r where r.track_id = t.id), '[]'::jsonb) as replays,
  coalesce((select jsonb_agg(jsonb_build_object('since', b.announced_at, 'runs', b.runs, 'versions', b.versions))
    from backfill_tracks b where b.track_id = t.id), '[]'::jsonb) as backfills,
  coalesce((select jsonb_agg(to_jsonb(a)) from step_attempts a where a.track_id = t.id), '[]'::jsonb) as attempts
from tracks t where t.id = any($1::uuid[])`;

const writeDerived = `
with
derived as (
  select * from jsonb_to_recordset($1::jsonb -> 'tracks') as x(id uuid, state text, finished_at timestamptz)),
holding as (
  select * from jsonb_populate_recordset(null::step_outcomes, $1::jsonb -> 'outcomes')),
gone as (
  delete from step_outcomes o using derived d where o.track_id = d.id
  and not exists (select from holding h where h.track_id = o.track_id and h.step = o.step)),
held as (
  insert into step_outcomes select * from holding
  on conflict (track_id, step) do update set
    status = excluded.status, blocked_by = excluded.blocked_by, version = excluded.version, kind = excluded.kind,
    address = excluded.address, how = excluded.how, error_code = excluded.error_code,
    error_message = excluded.error_message, error_words = excluded.error_words, worker = excluded.worker, started_at = excluded.started_at,
    finished_at = excluded.finished_at, duration_ms = excluded.duration_ms, cpu_ms = excluded.cpu_ms,
    gpu_ms = excluded.gpu_ms, earlier = excluded.earlier, tools = excluded.tools,
    delivery_attempt = excluded.delivery_attempt, underlying = excluded.underlying,
    recomputing = excluded.recomputing, failed_upgrade = excluded.failed_upgrade
  where step_outcomes is distinct from excluded),
over as (
  delete from replays r using jsonb_to_recordset($1::jsonb -> 'replaysOver') as x(id uuid, since timestamptz)
  where r.track_id = x.id and r.requested_at = x.since)
update tracks t set state = d.state, finished_at = d.finished_at from derived d
where t.id = d.id and (t.state, t.finished_at) is distinct from (d.state, d.finished_at)`;

/** Rows come from our own table, whose columns are those of `AttemptRow`. */
const Touched = z.object({
  id: z.string(),
  wants: z.array(z.string()),
  targets: z.array(z.string()),
  askedAtFirst: z.array(z.string()).nullable(),
  replays: z.array(KnownReplay),
  backfills: z.array(KnownBackfill),
  attempts: z.array(z.custom<AttemptRow>((row) => typeof row === "object" && row !== null && "step" in row)),
});

/**
 * Adds facts to the catalog, in one transaction of a few statements however many there are. Facts may come in any
 * order, and any number of times. @throws whatever the database says; `isDataError` tells whether retrying is of use.
 */
export async function applyFacts(
  pool: Pool,
  chain: Chain<StepSpec>,
  facts: Facts,
  limits?: TransactionLimits,
): Promise<void> {
  const write = async (client: Client) => {
    const artifacts = nameRecipes(chain, latestPerAddress(facts.artifacts));
    const batch = { ...facts, artifacts, families: familiesOf(facts.attempts) };
    await client.query(insertFacts, [toStorableJson(batch)]);
    if (facts.steerings.length > 0) await client.query(steerBackfills, [toStorableJson(facts.steerings)]);
    await refreshTracks(client, chain, touchedBy(facts));
  };
  await writeCatalog(pool, write, limits);
}

/** A transaction of the catalog's one writer. */
export function writeCatalog<T>(
  pool: Pool,
  work: (client: Client) => Promise<T>,
  limits: TransactionLimits = defaultLimits,
): Promise<T> {
  return inTransaction(pool, limits, async (client) => {
    await client.query(writerLock);
    return work(client);
  });
}

/** Derives anew what holds for tracks, from their wants and their attempts. */
export async function refreshTracks(
  client: Client,
  chain: Chain<StepSpec>,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const { rows } = await client.query(selectTouched, [ids]);
  if (rows.length === 0) return;
  const derived = z
    .array(Touched)
    .parse(rows)
    .map((track) => ({ ...deriveTrack(track, track.attempts, chain), id: track.id }));
  const tracks = derived.map(({ id, state, finishedAt }) => ({ id, state, finished_at: finishedAt }));
  const outcomes = derived.flatMap((track) => track.outcomes);
  const replaysOver = derived.flatMap(({ id, replaysOver: over }) =>
    over.map(({ since }) => ({ id, since })),
  );
  await client.query(writeDerived, [toStorableJson({ tracks, outcomes, replaysOver })]);
}

function touchedBy(facts: Facts): string[] {
  const ofTracks = [...facts.attempts, ...facts.replays].map((row) => row.track_id);
  return [...new Set([...facts.tracks.map((row) => row.id), ...ofTracks])];
}

/** Which recipe an artifact was made by; null where it is none of this chain's. */
function nameRecipes(chain: Chain<StepSpec>, rows: readonly ArtifactRow[]) {
  const recipes = recipesOf(chain);
  return rows.map((row) => {
    const isOurs = chain.addressesFor(row.master).get(row.kind) === row.address;
    return { ...row, recipe: isOurs ? (recipes.get(row.kind) ?? null) : null };
  });
}

/** One statement may not touch a row twice: of two accounts the one holds that would in the table. */
function latestPerAddress(rows: readonly ArtifactRow[]): ArtifactRow[] {
  const latest = new Map<string, ArtifactRow>();
  for (const row of rows) {
    const other = latest.get(row.address);
    if (!other || holdsOver(row, other)) latest.set(row.address, row);
  }
  return [...latest.values()];
}

function holdsOver(row: ArtifactRow, other: ArtifactRow): boolean {
  if (row.failed !== other.failed) return other.failed;
  return Date.parse(row.seen_at) > Date.parse(other.seen_at);
}
