import type { Cloud } from "../world/cloud.ts";
import { readHolding } from "./read-packed.ts";

/** A track as the catalog tells of it in the end. */
export interface TrackRow {
  readonly id: string;
  readonly master: string | null;
  readonly state: string;
  readonly stuck: string | null;
  readonly wants: readonly string[];
  readonly isPacked: boolean;
  readonly outcomes: readonly OutcomeRow[];
}

export interface OutcomeRow {
  readonly step: string;
  readonly status: string;
  readonly version: number | null;
  readonly address: string | null;
  readonly code: string | null;
  /** It was asked for again, and nothing has come of that. */
  readonly isRecomputing: boolean;
  /** Something later has failed, and this holds. */
  readonly isUpgradeFailed: boolean;
}

const selectTracks = `select jsonb_build_object('id', t.id, 'master', t.master, 'state', t.state, 'wants', to_jsonb(t.wants),
  'stuck', (select w.stuck from track_watches w where w.track_id = t.id),
  'outcomes', coalesce((select jsonb_agg(jsonb_build_object('step', o.step, 'status', o.status, 'version', o.version,
    'address', o.address, 'code', o.error_code, 'isRecomputing', o.recomputing is not null, 'isUpgradeFailed', o.failed_upgrade is not null))
    from step_outcomes o where o.track_id = t.id), '[]'::jsonb),
  'packed', (select encode(p.body, 'hex') from packed_tracks p where p.track_id = t.id))::text
  from tracks t order by t.id`;

export function readTracks({ database }: Cloud): TrackRow[] | null {
  const rows = database.look<Omit<TrackRow, "isPacked"> & { readonly packed: string | null }>(selectTracks);
  const tracks = rows?.map(({ packed, ...track }) => ({
    ...{ ...track, isPacked: packed !== null },
    outcomes: packedOutcomes(track.id, packed) ?? track.outcomes,
  }));
  return tracks ?? null;
}

function packedOutcomes(trackId: string, packed: string | null): readonly OutcomeRow[] | undefined {
  return readHolding(trackId, packed)?.map(({ step, status, version, address }) => ({
    ...{ step, status, version, address },
    ...{ code: null, isRecomputing: false, isUpgradeFailed: false },
  }));
}

const selectBackfills = `select jsonb_build_object('id', b.id, 'state', b.state, 'failed', (select count(*) from backfill_failures f where f.backfill_id = b.id),
  'counted', b.complete + b.succeeded + b.failed, 'ended', b.succeeded + b.failed,
  'underWay', (select count(*) from backfill_tracks x where x.backfill_id = b.id),
  'tracks', (select count(*) from tracks t where t.accepted_at <= b.requested_at) + (select count(*) from deleted_tracks))::text
  from backfills b`;

export interface BackfillRow {
  readonly id: string;
  readonly state: string;
  /** Kinds of failures that it tells of. */
  readonly failed: number;
  /** Tracks that it has counted, and those that were accepted before it was asked for. */
  readonly counted: number;
  readonly tracks: number;
  /** Of those counted, the ones that it has asked something of. */
  readonly ended: number;
  readonly underWay: number;
}

export function readBackfills({ database }: Cloud): BackfillRow[] | null {
  return database.look<BackfillRow>(selectBackfills);
}

const selectReplays = `select jsonb_build_object('id', w.request_id, 'stuck', w.stuck)::text from replay_watches w order by w.request_id`;

/** Replays that are not answered. */
export function readReplays({ database }: Cloud) {
  return database.look<{ readonly id: string; readonly stuck: string | null }>(selectReplays);
}
