import { AttemptReport, DeadLetterReport, RequestReport, TrackEvent } from "@segue/contracts";
import { z } from "zod";
import type { Pool } from "./connect.ts";
import { failureSql } from "./failure-sql.ts";
import { unpackTrack } from "./packed/pack-track.ts";
import { tellAttempt, tellRequest } from "./packed/tell-rows.ts";
import { requestsSql } from "./requests-sql.ts";
import { toolsSql } from "./tools-sql.ts";

/** An attempt without what only its record and the chain tell. */
const StoredAttempt = AttemptReport.omit({ inputs: true, model: true });
export type StoredAttempt = z.infer<typeof StoredAttempt>;

const select = `
select (select p.body from packed_tracks p where p.track_id = $1) as packed,
  coalesce((
    select jsonb_agg(jsonb_build_object(
      'requestId', a.request_id, 'step', a.step, 'version', a.version, 'kind', a.kind, 'address', a.address, 'outputs', a.outputs, 'status', a.status, 'how', a.how,
      'error', case when a.error_code is not null then ${failureSql("a")} end,
      'attempt', jsonb_build_object('worker', a.worker, 'startedAt', ${instant("a.started_at")},
        'finishedAt', ${instant("a.finished_at")}, 'durationMs', a.duration_ms, 'cpuMs', a.cpu_ms,
        'gpuMs', a.gpu_ms, 'earlier', coalesce(a.earlier, '[]'), 'deliveryAttempt', a.delivery_attempt)
        || ${toolsSql("a")}
    ) order by a.started_at, a.finished_at) from step_attempts a where a.track_id = $1), '[]'::jsonb) as attempts,
  coalesce((
    select jsonb_agg(jsonb_build_object('at', ${instant("e.at")}, 'kind', e.kind, 'detail', e.detail) order by e.at)
    from track_events e where e.track_id = $1), '[]'::jsonb) as events,
  ${requestsSql("$1", instant)} as requests,
  coalesce((
    select jsonb_agg(jsonb_build_object('step', d.step, 'code', d.error_code, 'message', d.error_message, 'story', d.story,
      'at', ${instant("d.at")}) order by d.at)
    from dead_letters d where d.track_id = $1), '[]'::jsonb) as "deadLetters"`;

/** A time as JSON has it here: UTC, to the millisecond. */
function instant(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

const Row = z.object({
  attempts: z.array(StoredAttempt),
  events: z.array(TrackEvent),
  requests: z.array(RequestReport),
  deadLetters: z.array(DeadLetterReport),
});

/** Every attempt, event and dead letter that the catalog has heard of for a track, oldest first; none for one that it does not know. */
export async function readHistory(pool: Pool, id: string): Promise<z.infer<typeof Row>> {
  const { rows } = await pool.query(select, [id]);
  const { packed, ...row } = rows[0] ?? {};
  if (!packed) return Row.parse(row);
  const { requests, attempts } = unpackTrack(id, packed);
  return Row.parse({ ...row, requests: requests.map(tellRequest), attempts: attempts.map(tellAttempt) });
}
