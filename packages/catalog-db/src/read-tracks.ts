import type { z } from "zod";
import type { Client, Pool } from "./connect.ts";
import { holdingSql } from "./corrections/stored-correction.ts";
import { isOwnersSql } from "./is-owners.ts";
import { artifactsSql, type FoundArtifacts, keptArtifacts } from "./kept-artifacts.ts";
import { unpackTrack } from "./packed/pack-track.ts";
import type { KeptArtifact, RequestRow } from "./rows.ts";
import { type StoredResult, StoredTrack } from "./stored-track.ts";
import { type OutcomeRow, tellOutcome, tellRequest } from "./tell-rows.ts";

/** Told of a track; its history has all. */
const latestRequests = 100;

/** A track, and rows of what is known of it, in its tables or packed: a single statement. */
function selectTracks({ withFacts }: { withFacts: boolean }): string {
  return `
select jsonb_build_object(
    'id', t.id, 'master', t.master, 'sizeBytes', t.size_bytes, 'fileName', t.file_name, 'title', t.title,
    'metadata', t.metadata,
    'source', t.source, 'targets', t.targets, 'wants', t.wants, 'acceptedAt', t.accepted_at, 'state', t.state,
    'finishedAt', t.finished_at, 'owner', t.owner,
    'stuck', (select w.stuck from track_watches w where w.track_id = t.id)) as track,
  (select p.body from packed_tracks p where p.track_id = t.id) as packed,
  (select json_agg(o) from step_outcomes o where o.track_id = t.id) as outcomes${withFacts ? `,${factsSql}` : ""}
from tracks t`;
}

const factsSql = `
  (select json_agg(q order by q.requested_at, q.request_id) from (
    select * from requests r where r.track_id = t.id order by r.requested_at desc, r.request_id desc limit ${latestRequests}) q) as requests,
  ${holdingSql("t.id")} as corrections,
  ${artifactsSql("t.master")} as artifacts`;

/** A track with its results; undefined if the catalog has not heard of it (yet). @param owner where it is given, only if it is theirs. */
export async function readTrack(pool: Pool, id: string, owner?: string): Promise<StoredTrack | undefined> {
  const where = owner === undefined ? "t.id = $1" : "t.id = $1 and t.owner = $2";
  const values = owner === undefined ? [id] : [id, owner];
  const [track] = await readMany(pool, `${selectTracks({ withFacts: true })} where ${where}`, values);
  return track;
}

export interface TrackFilter {
  /** All owners' when left out. */
  readonly owner?: string | undefined;
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
  const owned =
    filter.owner === undefined ? undefined : isOwnersSql("t.owner", filter.owner, value(filter.owner));
  const isOfFailure = code !== undefined || step !== undefined;
  const ids = isOfFailure
    ? failedTracksSql({ before, state, owned, code: code && value(code), step: step && value(step) })
    : trackIdsSql({ before, states: filter.failed ? unwell : [undefined], state, owned });
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
  owned,
}: {
  readonly before: string | undefined;
  readonly states: readonly (string | undefined)[];
  readonly state: string | undefined;
  readonly owned: string | undefined;
}): string {
  const pages = states.map((each) => {
    const where = conditions(
      before && `t.id < ${before}`,
      owned,
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
  owned,
  code,
  step,
}: {
  readonly before: string | undefined;
  readonly state: string | undefined;
  readonly owned: string | undefined;
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
      owned,
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

/** The tracks among `ids` that the catalog knows, without their facts, newest first. @param owner where it is given, only theirs. */
export async function readTracks(pool: Pool, ids: readonly string[], owner?: string): Promise<StoredTrack[]> {
  const select = selectTracks({ withFacts: false });
  const owned = owner === undefined ? "" : " and t.owner = $2";
  const values = owner === undefined ? [ids] : [ids, owner];
  return readMany(pool, `${select} where t.id = any($1::uuid[])${owned} order by t.id desc`, values);
}

/** The tracks among `ids` that the catalog knows, with their results. @param owner where it is given, only theirs. */
export async function readWholeTracks(
  pool: Pool | Client,
  ids: readonly string[],
  owner?: string,
): Promise<StoredTrack[]> {
  const select = selectTracks({ withFacts: true });
  const owned = owner === undefined ? "" : " and t.owner = $2";
  const values = owner === undefined ? [ids] : [ids, owner];
  return readMany(pool, `${select} where t.id = any($1::uuid[])${owned}`, values);
}

interface TrackRow {
  readonly track: { readonly id: string; readonly master: string | null };
  readonly packed: Buffer | null;
  readonly outcomes: readonly OutcomeRow[] | null;
  /** Where facts are asked for; null: none are in the table. */
  readonly requests?: readonly RequestRow[] | null;
  readonly artifacts?: FoundArtifacts;
  readonly corrections?: readonly unknown[] | null;
}

async function readMany(pool: Pool | Client, sql: string, values: unknown[]): Promise<StoredTrack[]> {
  const { rows } = await pool.query<TrackRow>(sql, values);
  return rows.map((row) => StoredTrack.parse(tellTrack(row)));
}

function tellTrack({ track, packed, artifacts, ...inTables }: TrackRow) {
  const atRest = packed && unpackTrack(track.id, packed);
  const outcomes: readonly OutcomeRow[] = atRest?.holding ?? inTables.outcomes ?? [];
  const requests = artifacts ? (atRest?.requests ?? inTables.requests ?? []) : [];
  const made = artifacts && keptArtifacts(track.master ?? "", artifacts);
  return {
    ...track,
    corrections: inTables.corrections ?? [],
    requests: requests.slice(-latestRequests).map(tellRequest),
    outcomes: outcomes.map((row) => ({ ...tellOutcome(row), results: made ? resultsOf(row, made) : [] })),
  };
}

/** What a step that has succeeded has made: an artifact, or several. */
function resultsOf(
  { status, kind, address, outputs }: OutcomeRow,
  made: ReadonlyMap<string, KeptArtifact>,
): z.input<typeof StoredResult>[] {
  if (status !== "succeeded" || kind === null || address === null) return [];
  const all = Object.entries(outputs ?? { [kind]: address }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return all.map(([name, at]) => {
    const { facts = null, payload = null } = made.get(at) ?? {};
    return { kind: name, address: at, facts, payload };
  });
}
