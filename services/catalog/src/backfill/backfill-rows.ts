import { type Client, type Pool, toStorableJson } from "@segue/catalog-db";
import { openEnum } from "@segue/contracts";
import type { ServerContext } from "@segue/step";
import { z } from "zod";
import { refreshTracks } from "../apply-facts.ts";
import type { ChangeRow, ToldTrack } from "../changes/tell-changes.ts";
import { requestRow } from "../facts-of.ts";
import { type OnTold, type Told, writeCatalog } from "../write-catalog.ts";
import { type DrivenBackfill, isOver, rowsOfBackfills } from "./driven-backfills.ts";
import type { TrackUnderWay } from "./judge-progress.ts";
import type { Item } from "./plan-item.ts";

const Ids = z.array(z.object({ id: z.string() }));

const StepEndRow = z.object({
  step: z.string(),
  version: z.int(),
  status: openEnum(["succeeded", "failed"]),
  how: openEnum(["computed", "skipped"]).nullable(),
  code: z.string().nullable(),
});
const UnderWayRow = z.object({
  trackId: z.string(),
  requestId: z.string(),
  steps: z.array(z.string()),
  force: z.array(z.string()),
  versions: z.record(z.string(), z.int()),
  runs: z.record(z.string(), z.string()),
  announcements: z.int(),
  /** Nothing was heard of it for so long that its message may be lost. */
  overdue: z.boolean(),
  ends: z.array(StepEndRow),
});
export type UnderWayRow = z.infer<typeof UnderWayRow> & TrackUnderWay;

/** What is under way for backfills that are over: as many as are left alone at once. */
const selectLeftAlone = `
select t.track_id as id from backfill_tracks t join backfills b on b.id = t.backfill_id where ${isOver} limit 1000`;
const leaveAlone = `
delete from backfill_tracks t using backfills b where b.id = t.backfill_id and ${isOver} and t.track_id = any($1::uuid[])`;

/** What was made for an item ends it, even before a catalog that was made anew has asked again. Workers' clocks may be behind ours by a second. */
const underWay = `
select t.track_id as "trackId", t.request_id as "requestId", r.wants as steps, r.force, r.versions, t.runs, t.announcements,
  t.announce_again_at < now() and not exists (
    select from step_attempts a where a.track_id = t.track_id and a.finished_at >= now() - make_interval(secs => $2::double precision / 1000))
    as overdue,
  coalesce((
    select jsonb_agg(jsonb_build_object('step', a.step, 'version', a.version, 'status', a.status, 'how', a.how, 'code', a.error_code))
    from step_attempts a
    where a.track_id = t.track_id
      and (a.request_id = t.request_id or a.finished_at >= t.announced_at - interval '1 second')), '[]'::jsonb) as ends
from backfill_tracks t join requests r on r.track_id = t.track_id and r.request_id = t.request_id where t.backfill_id = $1`;

/** A track that has come to its end, with the steps that failed. */
export interface EndedTrack {
  readonly trackId: string;
  readonly failures: readonly { readonly step: string; readonly code: string }[];
}

const settle = `
with ended as (
  select * from jsonb_to_recordset($2::jsonb) as x("trackId" uuid, failures jsonb)),
gone as (
  delete from backfill_tracks t using ended e where t.backfill_id = $1 and t.track_id = e."trackId" returning t.track_id, t.request_id),
failed as (
  insert into backfill_failures as f (backfill_id, step, code, tracks, example)
  select $1, x.step, x.code, count(*), min(e."trackId"::text)::uuid
  from ended e join gone g on g.track_id = e."trackId",
    jsonb_to_recordset(e.failures) as x(step text, code text)
  group by x.step, x.code
  on conflict (backfill_id, step, code) do update set tracks = f.tracks + excluded.tracks)
update backfills set
  succeeded = succeeded + (select count(*) from ended e join gone g on g.track_id = e."trackId" where e.failures = '[]'),
  failed = failed + (select count(*) from ended e join gone g on g.track_id = e."trackId" where e.failures <> '[]')
where id = $1
returning coalesce((select json_agg(json_build_object('trackId', track_id, 'requestId', request_id)) from gone), '[]') as gone`;

const Gone = z.object({ trackId: z.string(), requestId: z.string() });
const Settled = z.array(z.object({ gone: z.array(Gone) }));

/** What a backfill has asked of tracks. Whose a track is that is not known is not either: nobody is told. */
function tellAnswered(
  gone: readonly z.infer<typeof Gone>[],
  tracks: ReadonlyMap<string, ToldTrack>,
): ChangeRow[] {
  return gone.flatMap(({ trackId, requestId }) => {
    const track = tracks.get(trackId);
    const answered = { track_id: trackId, request_id: requestId, type: "request.answered" } as const;
    return track ? [{ ...answered, ...track, step: null, code: null }] : [];
  });
}

/** Requests that are about to be announced. */
const begin = `
with asked as (
  insert into requests select * from jsonb_populate_recordset(null::requests, $2::jsonb -> 'requests') on conflict do nothing)
insert into backfill_tracks (backfill_id, track_id, request_id, runs, announced_at, announce_again_at)
select $1, x."trackId", x."requestId", x.runs, now(), now() + make_interval(secs => $3::double precision / 1000)
from jsonb_to_recordset($2::jsonb -> 'items') as x("trackId" uuid, "requestId" uuid, runs jsonb)
on conflict do nothing`;

const lookedAt = `
update backfills set cursor = coalesce($3, cursor), complete = complete + $4 where id = $1 and driver = $2 and state = 'running'`;

function toNote(items: readonly Item[]) {
  return {
    requests: items.map(({ request }) => requestRow(request)),
    items: items.map(({ request: { trackId, requestId }, runs }) => ({ trackId, requestId, runs })),
  };
}

/** In a transaction that has these tracks for itself. */
async function settleTracks(
  { client, chain }: { readonly client: Client; readonly chain: ServerContext["chain"] },
  id: string,
  ended: readonly EndedTrack[],
): Promise<Told<void>> {
  const { rows } = await client.query(settle, [id, toStorableJson(ended)]);
  const gone = Settled.parse(rows).flatMap((row) => row.gone);
  const { changes, tracks } = await refreshTracks(client, chain, idsOf(ended));
  const answered = tellAnswered(gone, tracks);
  return { result: undefined, changes: [...changes, ...answered] };
}

/** What the driver reads and writes of backfills. */
export function createBackfillRows(pool: Pool, chain: ServerContext["chain"], onTold?: OnTold) {
  return { ...rowsOfBackfills(pool, chain), ...rowsOfTracks(pool, chain, onTold) };
}
export type BackfillRows = ReturnType<typeof createBackfillRows>;

/** Of the tracks that they have under way. */
function rowsOfTracks(pool: Pool, chain: ServerContext["chain"], onTold?: OnTold) {
  const write = <T>(ids: readonly string[], work: (client: Client) => Promise<Told<T>>) =>
    writeCatalog(pool, ids, work, { onTold });
  return {
    /** Of what is over nothing is looked after any more: what is under way comes to its end, or does not. */
    async leaveAlone(): Promise<void> {
      const { rows } = await pool.query(selectLeftAlone);
      const ids = Ids.parse(rows).map(({ id }) => id);
      if (ids.length === 0) return;
      await write(ids, async (client) => {
        await client.query(leaveAlone, [ids]);
        const { changes } = await refreshTracks(client, chain, ids);
        return { result: undefined, changes };
      });
    },
    async underWay(id: string, quietMs: number): Promise<UnderWayRow[]> {
      const { rows } = await pool.query(underWay, [id, quietMs]);
      return z.array(UnderWayRow).parse(rows);
    },
    async settle(id: string, ended: readonly EndedTrack[]): Promise<void> {
      const ids = idsOf(ended);
      await write(ids, (client) => settleTracks({ client, chain }, id, ended));
    },
    /**
     * Tracks that are about to be announced, and how far the backfill has looked. False: nothing was noted, since another process
     * drives it by now (this one has stood still for a while, and what it has planned was planned since), or it goes on no more.
     */
    async begin(
      { id, driver }: Pick<DrivenBackfill, "id" | "driver">,
      items: readonly Item[],
      { cursor, complete, quietMs }: { cursor: string | null; complete: number; quietMs: number },
    ): Promise<boolean> {
      const noted = toNote(items);
      const ids = idsOf(noted.items);
      return await write(ids, async (client) => {
        const { rowCount } = await client.query(lookedAt, [id, driver, cursor, complete]);
        if (rowCount !== 1) return { result: false, changes: [] };
        if (items.length > 0) await client.query(begin, [id, toStorableJson(noted), quietMs]);
        const { changes } = await refreshTracks(client, chain, ids);
        return { result: true, changes };
      });
    },
    /** Announced once more; looked at again after a wait that doubles each time, an hour at most. */
    async postpone(id: string, trackId: string, quietMs: number): Promise<void> {
      await pool.query(
        `update backfill_tracks set announcements = announcements + 1, announce_again_at = now() +
           least(interval '1 hour', make_interval(secs => $3::double precision / 1000) * 2 ^ announcements)
         where backfill_id = $1 and track_id = $2`,
        [id, trackId, quietMs],
      );
    },
  };
}

function idsOf(tracks: readonly { readonly trackId: string }[]): string[] {
  return tracks.map(({ trackId }) => trackId);
}
