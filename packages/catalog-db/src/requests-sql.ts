/** What the API tells of the requests of a track, oldest first; the latest `limit` of them where one is given. */
export function requestsSql(track: string, instant: (column: string) => string, limit?: number): string {
  const latest = `select * from requests where track_id = ${track}${
    limit === undefined ? "" : ` order by requested_at desc, request_id desc limit ${limit}`
  }`;
  return `coalesce((
    select jsonb_agg(jsonb_build_object('id', q.request_id, 'cause', q.cause, 'owner', q.owner, 'targets', q.targets,
      'force', q.force, 'backfillId', q.backfill_id, 'requestedAt', ${instant("q.requested_at")})
      order by q.requested_at, q.request_id)
    from (${latest}) q), '[]'::jsonb)`;
}
