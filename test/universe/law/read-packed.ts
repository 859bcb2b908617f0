import {
  type AttemptRow,
  artifactsSql,
  type FoundArtifacts,
  type KeptArtifact,
  keptArtifacts,
  unpackTrack,
} from "@segue/catalog-db";
import type { Cloud } from "../world/cloud.ts";

const selectAttempts = `select jsonb_build_object('inTables', (select count(*) from step_attempts where track_id = $1::uuid and step = $2),
  'body', (select encode(body, 'hex') from packed_tracks where track_id = $1::uuid))::text`;

/** Attempts at a step of a track that the catalog knows of; null while somebody is in a transaction. */
export function countAttempts({ database }: Cloud, trackId: string, step: string): number | null {
  const [found] =
    database.look<{ inTables: number; body: string | null }>(selectAttempts, trackId, step) ?? [];
  if (!found) return null;
  const packed = found.body === null ? [] : unpackTrack(trackId, Buffer.from(found.body, "hex")).attempts;
  return found.inTables + packed.filter((row) => row.step === step).length;
}

/** What holds for a track that is packed; undefined where none is. */
export function readHolding(trackId: string, body: string | null): readonly AttemptRow[] | undefined {
  return body === null ? undefined : unpackTrack(trackId, Buffer.from(body, "hex")).holding;
}

const selectMasters = `select jsonb_build_object('master', m.master, 'found', ${artifactsSql("m.master")},
  'ended', (select count(*) from tracks t where t.master = m.master and t.finished_at is not null))::text
  from (select distinct master from tracks where master is not null) m`;

/** Tracks with this artifact that have ended once; null while somebody is in a transaction. */
export function countEnded({ database }: Cloud, address: string): number | null {
  const masters = database.look<{ master: string; found: FoundArtifacts; ended: number }>(selectMasters);
  if (!masters) return null;
  const having = masters.filter(({ master, found }) => keptArtifacts(master, found).has(address));
  return having.reduce((sum, { ended }) => sum + ended, 0);
}

/** What the catalog knows of all artifacts, by address. */
export function readKept({ database }: Cloud): ReadonlyMap<string, KeptArtifact> {
  const masters = database.look<{ master: string; found: FoundArtifacts }>(selectMasters) ?? [];
  return new Map(masters.flatMap(({ master, found }) => [...keptArtifacts(master, found)]));
}
