import type { costsOf } from "./costs-of.ts";
import type { familiesOf } from "./families-of.ts";
import type { Facts, ToldAttemptRow } from "./rows.ts";

/** What is inserted together, with what is known beside the facts themselves. */
export interface Batch extends Facts {
  /** Those of its attempts whose clocks were ahead; `attempts` are the others. */
  readonly ahead: readonly ToldAttemptRow[];
  readonly families: ReturnType<typeof familiesOf>;
  readonly costs: ReturnType<typeof costsOf>;
}

/** The same attempt, told at another time. */
const isTwin = `a.track_id = x.track_id and a.step = x.step and a.address = x.address and a.worker = x.worker and a.status = x.status
  and a.how is not distinct from x.how and a.duration_ms = x.duration_ms and a.cpu_ms is not distinct from x.cpu_ms
  and a.request_id is not distinct from coalesce(x.request_id, a.request_id)`;

/** What is done with each list of a batch; the others have statements of their own. */
const insertions = {
  tracks: [
    `insert into tracks (id, master, size_bytes, file_name, title, source, accepted_at, owner, metadata, targets, wants)
    select id, master, size_bytes, file_name, title, source, accepted_at, owner, metadata, '{}', '{}'
    from batch, jsonb_populate_recordset(null::tracks, batch.all -> 'tracks') x
    on conflict do nothing`,
  ],
  requests: [
    `insert into requests select x.* from batch, jsonb_populate_recordset(null::requests, batch.all -> 'requests') x
    on conflict do nothing`,
  ],
  jobs: [
    `insert into jobs select x.* from batch, jsonb_populate_recordset(null::jobs, batch.all -> 'jobs') x
    on conflict do nothing`,
  ],
  attempts: [
    `insert into step_attempts select x.* from batch, jsonb_populate_recordset(null::step_attempts, batch.all -> 'attempts') x
    -- For whom an attempt was made not every record tells: it may be known already, as its own request's.
    where x.request_id is not null or not exists (
      select from step_attempts a where a.track_id = x.track_id and a.step = x.step and a.address = x.address
        and a.started_at = x.started_at and a.worker = x.worker and a.status = x.status)
    on conflict do nothing`,
  ],
  // Each is at the time when it was told first, whatever comes first.
  ahead: [
    `delete from step_attempts a using batch, jsonb_populate_recordset(null::step_attempts, batch.all -> 'ahead') x
    where ${isTwin} and a.finished_at > x.finished_at`,
    `insert into step_attempts select x.* from batch, jsonb_populate_recordset(null::step_attempts, batch.all -> 'ahead') x
    where not exists (select from step_attempts a where ${isTwin} and a.finished_at < x.finished_at)
    on conflict do nothing`,
  ],
  families: [
    `insert into tool_families select x.* from batch, jsonb_populate_recordset(null::tool_families, batch.all -> 'families') x
    order by x.step, x.version, x.tool, x.family
    on conflict (step, version, tool, family) do update set seen_at = excluded.seen_at
    -- Days are told apart by it: not every batch has to write it.
    where excluded.seen_at > tool_families.seen_at + interval '1 minute'`,
  ],
  costs: [
    `insert into step_costs select x.* from batch, jsonb_populate_recordset(null::step_costs, batch.all -> 'costs') x
    where not exists (select from step_costs c where c.step = x.step and c.slot = x.slot and c.at > x.at - interval '1 hour')
    order by x.step, x.slot
    on conflict (step, slot) do update set cpu_ms = excluded.cpu_ms, gpu_ms = excluded.gpu_ms, at = excluded.at`,
  ],
  artifacts: [
    `insert into artifacts select x.* from batch, jsonb_populate_recordset(null::artifacts, batch.all -> 'artifacts') x
    on conflict (address) do update
    set facts = excluded.facts, bulk = excluded.bulk, payload = excluded.payload, seen_at = excluded.seen_at,
      failed = excluded.failed, recipe = coalesce(excluded.recipe, artifacts.recipe)
    -- A success is not undone by a failure.
    where excluded.failed < artifacts.failed
      or (excluded.failed = artifacts.failed and excluded.seen_at > artifacts.seen_at)`,
  ],
  backfills: [
    `insert into backfills (id, targets, force, selection, in_flight, requested_at)
    select id, targets, force, selection, in_flight, requested_at
    from batch, jsonb_populate_recordset(null::backfills, batch.all -> 'backfills') x
    on conflict do nothing`,
  ],
  replayWatches: [
    `insert into replay_watches (track_id, request_id)
    select track_id, request_id from batch, jsonb_populate_recordset(null::replay_watches, batch.all -> 'replayWatches') x
    on conflict do nothing`,
  ],
  pingAnswers: [
    `insert into ping_answers
    select distinct on (ping_id, step) x.* from batch, jsonb_populate_recordset(null::ping_answers, batch.all -> 'pingAnswers') x
    order by ping_id, step, at
    on conflict do nothing`,
    "delete from ping_answers where at < now() - interval '1 day'",
  ],
  takedowns: [
    `insert into takedowns (id, cause, owner, requested_by, reason, tracks, masters, again, requested_at)
    select id, cause, owner, requested_by, reason, tracks, masters, again, requested_at
    from batch, jsonb_populate_recordset(null::takedowns, batch.all -> 'takedowns') x
    on conflict do nothing`,
  ],
  deadLetters: [
    `insert into dead_letters select x.* from batch, jsonb_populate_recordset(null::dead_letters, batch.all -> 'deadLetters') x
    on conflict do nothing`,
  ],
} as const satisfies { readonly [List in keyof Batch]?: readonly string[] };

/**
 * All that a batch says, in a single statement with the batch as its one value. Of a list that is empty it says nothing: most batches
 * are small, and a statement's cost is that of its tables. Undefined: all are.
 */
export function insertionOf(batch: Batch): string | undefined {
  const lists = Object.keys(insertions) as (keyof typeof insertions)[];
  const parts = lists.filter((list) => batch[list].length > 0).flatMap((list) => insertions[list]);
  const named = parts.map((part, index) => `part_${index} as (${part})`);
  if (named.length === 0) return undefined;
  return `with batch as materialized (select $1::jsonb as all), ${named.join(",\n")} select where false`;
}
