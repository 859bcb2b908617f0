/**
 * What the catalog knows of a track that is at rest, in one row in place of one for each request, attempt and outcome. Whatever touches the track
 * puts it back where it was, or packs it again: rows of a track are either in their tables or here.
 */
import type { AttemptRow, RequestRow } from "../rows.ts";
import { packTables, type Row, unpackTables } from "./pack-tables.ts";

export interface PackedTrack {
  /** In the order in which they were made. */
  readonly requests: readonly RequestRow[];
  readonly attempts: readonly AttemptRow[];
  /** The attempts that hold for its steps, in the order of what it wants; all of them have succeeded. */
  readonly holding: readonly AttemptRow[];
}

/** Stands for the track's own id, which is that of its first request too. */
const ownId = "=";

/** All columns, so that one that is null in every row is null again, and not missing. */
const noRequest: { readonly [Column in keyof Omit<RequestRow, "track_id">]: null } = {
  request_id: null,
  cause: null,
  owner: null,
  targets: null,
  wants: null,
  force: null,
  versions: null,
  priority: null,
  backfill_id: null,
  addresses: null,
  requested_at: null,
};
const noAttempt: { readonly [Column in keyof Omit<AttemptRow, "track_id">]: null } = {
  request_id: null,
  step: null,
  address: null,
  started_at: null,
  worker: null,
  version: null,
  kind: null,
  outputs: null,
  status: null,
  how: null,
  error_code: null,
  error_message: null,
  error_words: null,
  finished_at: null,
  duration_ms: null,
  cpu_ms: null,
  gpu_ms: null,
  earlier: null,
  delivery_attempt: null,
  tools: null,
  underlying: null,
};

export function packTrack(trackId: string, { requests, attempts, holding }: PackedTrack): Buffer {
  const withoutTrack = ({ track_id: _, ...row }: RequestRow | AttemptRow): Row => ({
    ...row,
    request_id: row.request_id === trackId ? ownId : row.request_id,
  });
  const places = holding.map((each) => ({ at: attempts.indexOf(each) }));
  if (places.some(({ at }) => at < 0)) throw new TypeError("expected what holds to be among the attempts");
  return packTables({
    requests: requests.map(withoutTrack),
    attempts: attempts.map(withoutTrack),
    holding: places,
  });
}

/** @throws {PackedRowsError} */
export function unpackTrack(trackId: string, bytes: Uint8Array): PackedTrack {
  const packed = unpackTables(bytes);
  const ofTrack = (row: Row) => ({
    track_id: trackId,
    ...row,
    request_id: row.request_id === ownId ? trackId : row.request_id,
  });
  const requests = (packed.requests ?? []).map((row) => ({ ...noRequest, ...ofTrack(row) }));
  const attempts = (packed.attempts ?? []).map((row) => ({ ...noAttempt, ...ofTrack(row) }));
  const holding = (packed.holding ?? []).map(({ at }) => attempts[Number(at)]);
  // As they were when they were packed, which were rows of the tables.
  return { requests, attempts, holding } as unknown as PackedTrack;
}
