/**
 * How changes come into the feed. Several write at once, and a number that is given early may be committed late: a reader would have passed it. So numbers
 * are given at the very end of a transaction, under a lock that goes with the commit; the statements for it travel with `commit` in one message, and nobody's
 * network is waited for under the lock. Whoever has it waits for nothing else. See `docs/adr/0070-a-feed-without-gaps.md`.
 */
import { toStorableJson, withText } from "@segue/catalog-db";
import type { ChangeType } from "@segue/contracts";

/** Any number that nothing else in the database uses as an advisory lock: "sgcf". */
const feedLock = 0x73_67_63_66;

/** A row of the feed before it has its number. */
export interface ChangeRow {
  readonly track_id: string;
  /** Of the track. */
  readonly owner: string;
  /** Null: not known. */
  readonly request_id: string | null;
  readonly type: ChangeType;
  /** Of the track, with the change. */
  readonly state: string;
  readonly step: string | null;
  readonly code: string | null;
}

/** Takes a snapshot of its own, and so after the lock: it sees all numbers that were given. */
const append = `
insert into changes (number, track_id, request_id, type, state, step, code, owner)
select f.last + x.number, x.track_id, x.request_id, x.type, x.state, x.step, x.code, x.owner
from (select coalesce(greatest((select max(number) from changes), (select gone_through from change_feed)), 0) as last) f,
  rows from (jsonb_to_recordset($1::jsonb) as (track_id uuid, request_id uuid, type text, state text, step text, code text, owner text))
  with ordinality as x(track_id, request_id, type, state, step, code, owner, number)`;

/**
 * The statements that tell of changes, in their order. They are to be the last of their transaction, in one message with its `commit`. Undefined: there is
 * nothing to tell.
 */
export function tellChangesSql(changes: readonly ChangeRow[]): string | undefined {
  if (changes.length === 0) return undefined;
  return `select pg_advisory_xact_lock(${feedLock});\n${withText(append, toStorableJson(changes))}`;
}

/** What a change says of its track. */
export type ToldTrack = Pick<ChangeRow, "owner" | "state">;

/** Nothing more is tried for what was asked of a track. */
export function stuckChange(trackId: string, requestId: string | null, track: ToldTrack): ChangeRow {
  const { owner, state } = track;
  return {
    track_id: trackId,
    owner,
    request_id: requestId,
    type: "track.stuck",
    state,
    step: null,
    code: null,
  };
}

/** Begins the feed anew: cursors from before are refused. For whoever has changed the catalog and told nobody. */
export const beginFeedAnewSql = "update change_feed set epoch = left(gen_random_uuid()::text, 8)";
