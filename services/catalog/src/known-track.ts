import {
  type AttemptRow,
  artifactsSql,
  FoundArtifacts,
  keptArtifacts,
  literal,
  type RequestRow,
  type Row,
  unpackTrack,
} from "@segue/catalog-db";
import type { Chain } from "@segue/chain";
import { fetchStep, type StepSpec } from "@segue/contracts";
import { z } from "zod";
import { KnownRequest } from "./known-request.ts";

/**
 * All that is known of tracks: what is packed, and what is in the tables. Of those that may be at rest once this is written (they were, or no
 * step of the chain that is wanted is without a success), or whose size is not known yet, what is known of their master's artifacts too.
 */
export const selectTouched = (chain: Chain<StepSpec>) => `
select t.id, t.owner, m.master, t.size_bytes as "sizeBytes", p.body as packed, t.state as "stateBefore", ${isOurs("t")} as "isNew",
  not exists (select from rebuilds where until > now()) as "mayBePacked",
  coalesce((select json_agg(json_build_object('row', r, 'isNew', ${isOurs("r")},
      'isWatched', w.request_id is not null and w.stuck is null,
      'underWay', case when b.request_id is not null then json_build_object('since', b.announced_at, 'runs', b.runs) end))
    from requests r
    left join replay_watches w on w.track_id = r.track_id and w.request_id = r.request_id
    left join backfill_tracks b on b.track_id = r.track_id and b.request_id = r.request_id
    where r.track_id = t.id), '[]'::json) as requests,
  coalesce((select json_agg(json_build_object('id', w.request_id, 'isNew', ${isOurs("w")}))
    from replay_watches w where w.track_id = t.id), '[]'::json) as watches,
  coalesce(a.known, '[]'::json) as attempts, coalesce(a.new, '[]'::json) as "newAttempts",
  case when not e.isOpen or t.size_bytes is null and m.master is not null then ${artifactsSql("m.master")} end as artifacts
from tracks t
left join packed_tracks p on p.track_id = t.id
cross join lateral (
  select json_agg(a) filter (where not ${isOurs("a")}) as known, json_agg(a) filter (where ${isOurs("a")}) as new
  from step_attempts a where a.track_id = t.id) a
cross join lateral (select coalesce(t.master, (
  select a.address from step_attempts a where a.track_id = t.id and a.step = '${fetchStep}' and a.status = 'succeeded' limit 1)) as master) m
cross join lateral (select p.track_id is null and exists (
  select from requests r, unnest(r.wants) want where r.track_id = t.id and want in (${namesSql(chain)}) and not exists (
    select from step_attempts a where a.track_id = t.id and a.step = want and a.status = 'succeeded')) as isOpen) e
where t.id = any($1::uuid[])`;

/** Whether this transaction has written a row: rows of these tables are added, and put back where a track is not packed any more, which is its last act. */
function isOurs(table: string): string {
  return `(${table}.xmin = pg_current_xact_id()::xid)`;
}

/** Steps that may be waited for. Of others one may be a rendering now, which is not. */
function namesSql(chain: Chain<StepSpec>): string {
  const names = [fetchStep, ...chain.steps.map(({ name }) => name)];
  return names.map(literal).join(", ");
}

/** Rows come from our own tables, whose columns are those of `RequestRow`, `AttemptRow` and `KeptArtifact`. */
function rowOf<T extends object>(column: keyof T & string) {
  return z.custom<T>((row) => typeof row === "object" && row !== null && column in row);
}

const Touched = z.object({
  ...{ id: z.string(), owner: z.string() },
  master: z.string().nullable(),
  sizeBytes: z.coerce.number().nullable(),
  mayBePacked: z.boolean(),
  packed: z.instanceof(Uint8Array).nullable(),
  stateBefore: z.string(),
  isNew: z.boolean(),
  requests: z.array(
    KnownRequest.pick({ isWatched: true, underWay: true }).extend({
      row: rowOf<RequestRow>("request_id"),
      isNew: z.boolean(),
    }),
  ),
  watches: z.array(z.object({ id: z.string(), isNew: z.boolean() })),
  attempts: z.array(rowOf<AttemptRow>("step")),
  newAttempts: z.array(rowOf<AttemptRow>("step")),
  artifacts: FoundArtifacts.nullable(),
});

/** What this transaction has added to what was known of a track. */
export interface TrackNews {
  /** The track itself: it was not known. */
  readonly isNew: boolean;
  /** As it was before. */
  readonly stateBefore: string;
  /** Ids of requests. */
  readonly requests: ReadonlySet<string>;
  /** Attempts, by `fullKey`. */
  readonly attempts: ReadonlySet<string>;
  /**
   * Ids of replays that were not answered before it, given up or not. One that was has no watch any more, until its message comes again: then it has one that
   * is as new as that message.
   */
  readonly unanswered: ReadonlySet<string>;
}

/** What is known of a track, wherever it is kept. */
export interface TouchedTrack {
  readonly id: string;
  readonly owner: string;
  readonly news: TrackNews;
  /** Null: a fetch will tell. */
  readonly master: string | null;
  /** Of its master; null: not known yet. */
  readonly sizeBytes: number | null;
  /** In the order in which they were made. */
  readonly requests: readonly KnownRequest[];
  readonly requestRows: readonly RequestRow[];
  readonly attempts: readonly AttemptRow[];
  readonly isPacked: boolean;
  /** No catalog is made anew at this moment. */
  readonly mayBePacked: boolean;
  /** Of its master, as they are kept; none for a track that is not near its end. */
  readonly artifacts: FoundArtifacts;
}

/** @throws {PackedRowsError} where a younger release has packed one of them. */
export function readTouched(rows: readonly Row[]): readonly TouchedTrack[] {
  return z.array(Touched).parse(rows).map(readTrack);
}

const Sized = z.object({ sizeBytes: z.int() });

/** As whoever has fetched the master has told. */
function sizeIn(master: string, artifacts: FoundArtifacts): number | null {
  const told = Sized.safeParse(keptArtifacts(master, artifacts).get(master)?.facts);
  return told.success ? told.data.sizeBytes : null;
}

type Touched = z.infer<typeof Touched>;

/** Of what was packed already the tables had nothing, and so have it anew. */
function newsOf(
  {
    isNew,
    stateBefore,
    requests,
    watches,
    newAttempts,
  }: Pick<Touched, "isNew" | "stateBefore" | "requests" | "watches" | "newAttempts">,
  before: { readonly requests: readonly RequestRow[]; readonly attempts: readonly AttemptRow[] },
): TrackNews {
  const knownRequests = new Set(before.requests.map(({ request_id }) => request_id));
  const knownAttempts = new Set(before.attempts.map(fullKey));
  const added = requests.filter((each) => each.isNew && !knownRequests.has(each.row.request_id));
  const attempts = newAttempts.map(fullKey).filter((key) => !knownAttempts.has(key));
  const addedIds = new Set(added.map(({ row }) => row.request_id));
  const unanswered = watches.filter((watch) => !watch.isNew || isNew || addedIds.has(watch.id));
  return {
    ...{ isNew, stateBefore },
    requests: addedIds,
    attempts: new Set(attempts),
    unanswered: new Set(unanswered.map(({ id }) => id)),
  };
}

function readTrack({ id, master, packed, ...hot }: Touched): TouchedTrack {
  const before = packed ? unpackTrack(id, packed) : { requests: [], attempts: [] };
  const atRest = new Map(before.requests.map((row) => [row.request_id, row]));
  // Who looks after a request is known of those that are in the tables; what it says, by what was heard of it first.
  const again = hot.requests.map(({ isWatched, underWay, row }) => ({
    ...{ isWatched, underWay },
    row: atRest.get(row.request_id) ?? row,
  }));
  const left = before.requests.map((row) => ({ row, isWatched: false, underWay: null }));
  const byId = new Map([...left, ...again].map((each) => [each.row.request_id, each]));
  const requests = [...byId.values()].toSorted((a, b) => compareRequests(a.row, b.row));
  const artifacts = hot.artifacts ?? { rows: null, packed: null };
  return {
    ...{ id, owner: hot.owner, master, isPacked: packed !== null, mayBePacked: hot.mayBePacked, artifacts },
    sizeBytes: hot.sizeBytes ?? (master === null ? null : sizeIn(master, artifacts)),
    requests: requests.map(({ row, ...beside }) => KnownRequest.parse({ ...knownOf(row), ...beside })),
    requestRows: requests.map(({ row }) => row),
    attempts: withoutTwins([...hot.attempts, ...hot.newAttempts, ...before.attempts]),
    news: newsOf(hot, before),
  };
}

function knownOf(row: RequestRow): z.input<typeof KnownRequest> {
  const { request_id: id, cause, priority, targets, wants, force, versions, addresses, requested_at } = row;
  return {
    ...{ id, cause, priority, requestedAt: requested_at },
    targets: [...targets],
    wants: [...wants],
    force: [...force],
    versions: { ...versions },
    addresses: { ...addresses },
    ...{ isWatched: false, underWay: null },
  };
}

function compareRequests(a: RequestRow, b: RequestRow): number {
  return Date.parse(a.requested_at) - Date.parse(b.requested_at) || (a.request_id < b.request_id ? -1 : 1);
}

/** As the table has them: each once, as the last of these say, and one whose request is not known only where it is not known as a request's own. */
function withoutTwins(attempts: readonly AttemptRow[]): AttemptRow[] {
  const apart = new Map(attempts.map((row) => [fullKey(row), row]));
  const owned = new Set([...apart.values()].filter(({ request_id }) => request_id !== null).map(attemptKey));
  return [...apart.values()]
    .filter((row) => row.request_id !== null || !owned.has(attemptKey(row)))
    .toSorted(
      (a, b) =>
        Date.parse(a.started_at) - Date.parse(b.started_at) ||
        Date.parse(a.finished_at) - Date.parse(b.finished_at) ||
        (fullKey(a) < fullKey(b) ? -1 : 1),
    );
}

function attemptKey({ step, started_at, address, worker, status }: AttemptRow): string {
  return `${step} ${Date.parse(started_at)} ${address} ${worker} ${status}`;
}

/** What tells attempts of a track apart, as the index of the table does. */
export function fullKey(row: AttemptRow): string {
  return `${attemptKey(row)} ${row.request_id}`;
}
