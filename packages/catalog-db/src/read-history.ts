import { AttemptReport, DeadLetterReport, RequestReport, TrackEvent } from "@segue/contracts";
import { z } from "zod";
import type { Pool } from "./connect.ts";
import { unpackTrack } from "./packed/pack-track.ts";
import type { AttemptRow, RequestRow } from "./rows.ts";
import { tellAttempt, tellRequest } from "./tell-rows.ts";

/** An attempt without what only its record and the chain tell. */
const StoredAttempt = AttemptReport.omit({ inputs: true, model: true });
export type StoredAttempt = z.infer<typeof StoredAttempt>;

const select = `
select (select p.body from packed_tracks p where p.track_id = $1) as packed,
  coalesce((
    select json_agg(a order by a.started_at, a.finished_at) from step_attempts a where a.track_id = $1), '[]') as attempts,
  coalesce((
    select json_agg(r order by r.requested_at, r.request_id) from requests r where r.track_id = $1), '[]') as requests,
  coalesce((
    select jsonb_agg(jsonb_build_object('at', ${instant("e.at")}, 'kind', e.kind, 'detail', e.detail) order by e.at)
    from track_events e where e.track_id = $1), '[]') as events,
  coalesce((
    select jsonb_agg(jsonb_build_object('step', d.step, 'code', d.error_code, 'message', d.error_message, 'story', d.story,
      'at', ${instant("d.at")}) order by d.at)
    from dead_letters d where d.track_id = $1), '[]') as "deadLetters"`;

/** A time as JSON has it here: UTC, to the millisecond. */
function instant(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

interface HistoryRow {
  readonly packed: Buffer | null;
  readonly requests: readonly RequestRow[];
  readonly attempts: readonly AttemptRow[];
}

const Row = z.object({
  attempts: z.array(StoredAttempt),
  events: z.array(TrackEvent),
  requests: z.array(RequestReport),
  deadLetters: z.array(DeadLetterReport),
});

/** Every attempt, event and dead letter that the catalog has heard of for a track, oldest first; none for one that it does not know. */
export async function readHistory(pool: Pool, id: string): Promise<z.infer<typeof Row>> {
  const { rows } = await pool.query<HistoryRow>(select, [id]);
  const [row] = rows;
  if (!row) throw new TypeError("expected a row");
  const { requests, attempts } = row.packed ? unpackTrack(id, row.packed) : row;
  return Row.parse({ ...row, requests: requests.map(tellRequest), attempts: attempts.map(tellAttempt) });
}
