import type { familiesOf } from "./families-of.ts";
import type { Facts } from "./rows.ts";

/** What is inserted together, with what is known beside the facts themselves. */
export interface Batch extends Facts {
  readonly families: ReturnType<typeof familiesOf>;
}

/** What is done with each list of a batch; the others have statements of their own. */
const insertions = {
  tracks: [
    `insert into tracks (id, master, size_bytes, file_name, title, source, accepted_at, targets, wants)
    select id, master, size_bytes, file_name, title, source, accepted_at, '{}', '{}'
    from jsonb_populate_recordset(null::tracks, $1::jsonb -> 'tracks')
    on conflict do nothing`,
  ],
  requests: [
    `insert into requests select * from jsonb_populate_recordset(null::requests, $1::jsonb -> 'requests')
    on conflict do nothing`,
  ],
  jobs: [
    `insert into jobs select * from jsonb_populate_recordset(null::jobs, $1::jsonb -> 'jobs')
    on conflict do nothing`,
  ],
  attempts: [
    `insert into step_attempts select * from jsonb_populate_recordset(null::step_attempts, $1::jsonb -> 'attempts')
    on conflict do nothing`,
  ],
  families: [
    `insert into tool_families select * from jsonb_populate_recordset(null::tool_families, $1::jsonb -> 'families')
    on conflict (step, version, tool, family) do update set seen_at = excluded.seen_at
    -- Days are told apart by it: not every batch has to write it.
    where excluded.seen_at > tool_families.seen_at + interval '1 minute'`,
  ],
  artifacts: [
    `insert into artifacts select * from jsonb_populate_recordset(null::artifacts, $1::jsonb -> 'artifacts')
    on conflict (address) do update
    set facts = excluded.facts, payload = excluded.payload, seen_at = excluded.seen_at, failed = excluded.failed,
      recipe = coalesce(excluded.recipe, artifacts.recipe)
    -- A success is not undone by a failure.
    where excluded.failed < artifacts.failed
      or (excluded.failed = artifacts.failed and excluded.seen_at > artifacts.seen_at)`,
  ],
  backfills: [
    `insert into backfills (id, targets, force, selection, in_flight, requested_at)
    select id, targets, force, selection, in_flight, requested_at
    from jsonb_populate_recordset(null::backfills, $1::jsonb -> 'backfills')
    on conflict do nothing`,
  ],
  replayWatches: [
    `insert into replay_watches (track_id, request_id)
    select track_id, request_id from jsonb_populate_recordset(null::replay_watches, $1::jsonb -> 'replayWatches')
    on conflict do nothing`,
  ],
  pingAnswers: [
    `insert into ping_answers
    select distinct on (ping_id, step) * from jsonb_populate_recordset(null::ping_answers, $1::jsonb -> 'pingAnswers')
    order by ping_id, step, at
    on conflict do nothing`,
    "delete from ping_answers where at < now() - interval '1 day'",
  ],
  deadLetters: [
    `insert into dead_letters select * from jsonb_populate_recordset(null::dead_letters, $1::jsonb -> 'deadLetters')
    on conflict do nothing`,
  ],
} as const satisfies { readonly [List in keyof Batch]?: readonly string[] };

/**
 * All that a batch says, in a single statement with the batch as its one value. Of a list that is empty it says nothing: most batches
 * are small, and a statement's cost is that of its tables.
 */
export function insertionOf(batch: Batch): string {
  const lists = Object.keys(insertions) as (keyof typeof insertions)[];
  const parts = lists.filter((list) => batch[list].length > 0).flatMap((list) => insertions[list]);
  const named = parts.map((part, index) => `part_${index} as (${part})`);
  return named.length > 0
    ? `with ${named.join(",\n")} select where $1::jsonb is null`
    : "select where $1::jsonb is null";
}
