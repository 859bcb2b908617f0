import type { Pool } from "./connect.ts";
import { failureSql } from "./failure-sql.ts";
import { requestsSql } from "./requests-sql.ts";
import { StoredTrack } from "./stored-track.ts";
import { toolsSql } from "./tools-sql.ts";

/** Told of a track; its history has all. */
const latestRequests = 100;

/** What a succeeded step `o` has made: an artifact, or several. An API that is updated before the catalog finds no column `bulk` yet. */
const resultsSql = `coalesce((
  select jsonb_agg(jsonb_build_object('kind', made.key, 'address', made.value, 'facts', a.facts,
    'bulk', to_jsonb(a) ->> 'bulk', 'payload', a.payload) order by made.key)
  from jsonb_each_text(
    case when o.status = 'succeeded' and o.kind is not null then coalesce(o.outputs, jsonb_build_object(o.kind, o.address)) end) made
  left join artifacts a on a.address = made.value), '[]'::jsonb)`;

/** One JSON value per track: a single statement, and a single value to parse. */
function selectTracks({ withFacts }: { withFacts: boolean }): string {
  return `
select jsonb_build_object(
  'id', t.id, 'master', t.master, 'sizeBytes', t.size_bytes, 'fileName', t.file_name, 'title', t.title,
  'source', t.source, 'targets', t.targets, 'wants', t.wants, 'acceptedAt', t.accepted_at, 'state', t.state,
  'finishedAt', t.finished_at,
  'requests', ${withFacts ? requestsSql("t.id", (column) => column, latestRequests) : "'[]'::jsonb"},
  'stuck', (select w.stuck from track_watches w where w.track_id = t.id),
  'outcomes', coalesce((
    select jsonb_agg(jsonb_build_object(
      'step', o.step, 'status', o.status, 'blockedBy', o.blocked_by, 'version', o.version, 'kind', o.kind,
      'address', o.address, 'how', o.how,
      'error', case when o.error_code is not null then ${failureSql("o")} end,
      'recomputing', o.recomputing, 'failedUpgrade', o.failed_upgrade,
      'attempt', case when o.worker is not null then jsonb_build_object(
        'worker', o.worker, 'startedAt', o.started_at, 'finishedAt', o.finished_at, 'durationMs', o.duration_ms,
        'cpuMs', o.cpu_ms, 'gpuMs', o.gpu_ms, 'earlier', coalesce(o.earlier, '[]'),
        'deliveryAttempt', o.delivery_attempt) || ${toolsSql("o")} end,
      'outputs', o.outputs, 'results', ${withFacts ? resultsSql : "'[]'::jsonb"}
    ))
    from step_outcomes o
    where o.track_id = t.id
  ), '[]'::jsonb)
) as track
from tracks t`;
}

/** A track with its results; undefined if the catalog has not heard of it (yet). */
export async function readTrack(pool: Pool, id: string): Promise<StoredTrack | undefined> {
  const [track] = await readMany(pool, `${selectTracks({ withFacts: true })} where t.id = $1`, [id]);
  return track;
}

export interface TrackFilter {
  readonly state?: string | undefined;
  /** Only tracks with a step that has failed; with a code or a step only where these are the failure's. */
  readonly failed?: boolean | undefined;
  readonly code?: string | undefined;
  readonly step?: string | undefined;
}

/** Tracks without their facts, newest first: `limit` of them, older than `before` if that is given. */
export async function listTracks(
  pool: Pool,
  page: { readonly before?: string | undefined; readonly limit: number },
  filter: TrackFilter = {},
): Promise<StoredTrack[]> {
  const values: unknown[] = [page.limit];
  const value = (given: unknown) => `$${values.push(given)}`;
  const before = page.before === undefined ? undefined : value(page.before);
  const { code, step } = filter;
  const state = filter.state === undefined ? undefined : value(filter.state);
  const isOfFailure = code !== undefined || step !== undefined;
  const ids = isOfFailure
    ? failedTracksSql({ before, state, code: code && value(code), step: step && value(step) })
    : trackIdsSql({ before, states: filter.failed ? unwell : [undefined], state });
  return readMany(
    pool,
    `${selectTracks({ withFacts: false })} where t.id in (${ids}) order by t.id desc`,
    values,
  );
}

/** The states of tracks with a failed step that have come to their end. */
const unwell = ["partial", "failed"];

/** A page of ids, newest first: a walk over the index of each state, as far as the page. */
function trackIdsSql({
  before,
  states,
  state,
}: {
  readonly before: string | undefined;
  readonly states: readonly (string | undefined)[];
  readonly state: string | undefined;
}): string {
  const pages = states.map((each) => {
    const where = conditions(
      before && `t.id < ${before}`,
      state && `t.state = ${state}`,
      each && `t.state = '${each}'`,
      each && "exists (select from step_outcomes f where f.track_id = t.id and f.status = 'failed')",
    );
    return `(select t.id from tracks t ${where} order by t.id desc limit $1)`;
  });
  return `select id from (${pages.join(" union all ")}) p order by id desc limit $1`;
}

/** The same of tracks with a step that has failed, by an index of what is given: the code before the step, of which one code has few. */
function failedTracksSql({
  before,
  state,
  code,
  step,
}: {
  readonly before: string | undefined;
  readonly state: string | undefined;
  readonly code: string | undefined;
  readonly step: string | undefined;
}): string {
  // A step that was given up has its last error's code too.
  const codes = code
    ? [`f.error_code = ${code}`, `f.underlying is not null and f.underlying ->> 'code' = ${code}`]
    : [undefined];
  const pages = codes.map((each) => {
    const where = conditions(
      "f.status = 'failed'",
      each,
      step && `f.step = ${step}`,
      before && `f.track_id < ${before}`,
      "t.state in ('partial', 'failed')",
      state && `t.state = ${state}`,
    );
    return `(select distinct f.track_id as id from step_outcomes f join tracks t on t.id = f.track_id ${where} order by id desc limit $1)`;
  });
  return `select id from (${pages.join(" union ")}) p order by id desc limit $1`;
}

function conditions(...all: readonly (string | undefined)[]): string {
  const given = all.filter((each) => each !== undefined && each !== "");
  return given.length > 0 ? `where ${given.join(" and ")}` : "";
}

/** The tracks among `ids` that the catalog knows, without their facts, newest first. */
export async function readTracks(pool: Pool, ids: readonly string[]): Promise<StoredTrack[]> {
  const select = selectTracks({ withFacts: false });
  return readMany(pool, `${select} where t.id = any($1::uuid[]) order by t.id desc`, [ids]);
}

async function readMany(pool: Pool, sql: string, values: unknown[]): Promise<StoredTrack[]> {
  const { rows } = await pool.query<{ track: unknown }>(sql, values);
  return rows.map((row) => StoredTrack.parse(row.track));
}
