import { bucketRoles } from "@segue/chain";
import { names } from "../cast/context.ts";
import type { Clients } from "../play/clients.ts";
import type { Cloud } from "../world/cloud.ts";
import type { Report } from "./breach.ts";
import { contentOf } from "./deletions.ts";
import type { Expectations } from "./expectations.ts";
import type { TrackRow } from "./read-catalog.ts";

const selectTakedowns = `select jsonb_build_object('id', t.id, 'isOver', t.state in ('final', 'declined') and t.due_at is null and not exists (
  select from deleted_tracks d where d.takedown_id = t.id and d.is_news))::text from takedowns t`;

/** Whether every takedown that was promised is final, and nothing has come that it has not seen. */
export function areTakedownsOver({ database }: Cloud, { promised }: Clients): boolean {
  const rows = database.look<{ readonly id: string; readonly isOver: boolean }>(selectTakedowns);
  if (!rows) return false;
  const known = new Set(rows.map(({ id }) => id));
  const asked = [...promised.values()].filter(
    ({ errand }) => errand.kind === "delete" || errand.kind === "takedown",
  );
  return rows.every(({ isOver }) => isOver) && asked.every(({ id }) => known.has(id));
}

/** What leads to a track in the tables, and to what was made of a master. */
const rowsOfTrack = `select to_jsonb(x.name)::text from (
  select 'tracks' as name from tracks where id = $1 union all select 'requests' from requests where track_id = $1
  union all select 'step_attempts' from step_attempts where track_id = $1 union all select 'step_outcomes' from step_outcomes where track_id = $1
  union all select 'packed_tracks' from packed_tracks where track_id = $1 union all select 'dead_letters' from dead_letters where track_id = $1
  union all select 'track_watches' from track_watches where track_id = $1 union all select 'track_events' from track_events where track_id = $1
  union all select 'replay_watches' from replay_watches where track_id = $1 union all select 'backfill_tracks' from backfill_tracks where track_id = $1) x`;
const rowsOfMaster = `select to_jsonb(x.name)::text from (
  select 'artifacts' as name from artifacts where master = $1
  union all select 'packed_artifacts' from packed_artifacts where encode(master, 'hex') = $1) x`;

/** Nothing of what was taken down is left once that is said to be so; and what is others' is as it was. */
export function judgeTakedowns(
  cloud: Cloud,
  clients: Clients,
  tracks: ReadonlyMap<string, TrackRow>,
  expectations: Expectations,
  report: Report,
): void {
  const { objects, database } = cloud;
  const { deletions, promised } = clients;
  const names_ = bucketRoles.flatMap((role) =>
    objects.list(names.bucket(role)).map(([name]) => `${role}/${name}`),
  );
  const living = new Set<string>();
  for (const { errand, id, atMs } of promised.values()) {
    if (errand.kind !== "submit") continue;
    const master = contentOf(errand.master);
    if (tracks.has(id)) living.add(master);
    if (deletions.fateOf(id, errand, atMs) !== "gone" && tracks.has(id)) continue;
    const rows = database.look<string>(rowsOfTrack, id) ?? [];
    const left = names_.filter((name) => name.includes(id) && !name.endsWith(".takedown.json"));
    if (rows.length + left.length > 0)
      report(
        "what is deleted is gone",
        `of the track ${id} (${errand.key}) there are ${[...rows, ...left].join(", ")}`,
      );
  }
  for (const master of deletions.masters) {
    if (living.has(master)) continue;
    const addresses = [master, ...expectations.allAddressesOf(master)];
    // What a release that no catalog is of has left half done, and has told nobody of, expires.
    const left = names_.filter(
      (name) =>
        !name.startsWith("scratch/") && addresses.some((address) => name.split("/")[1]?.startsWith(address)),
    );
    const rows = database.look<string>(rowsOfMaster, master) ?? [];
    if (rows.length + left.length > 0)
      report("what is deleted is gone", `of the master ${master} there are ${[...rows, ...left].join(", ")}`);
  }
  for (const { errand, id } of promised.values())
    if (errand.kind === "submit" && tracks.has(id) && deletions.masters.has(contentOf(errand.master)))
      judgeUntouched(names_, contentOf(errand.master), tracks.get(id), report);
}

/** Of a track whose master it shares with one that was deleted: the master is there, and what it tells of. */
function judgeUntouched(
  objects: readonly string[],
  master: string,
  track: TrackRow | undefined,
  report: Report,
): void {
  if (!objects.includes(`masters/${master}`))
    report("what is others' stays", `the master ${master} of track ${track?.id} is gone`);
  const hasRecord = (address: string) =>
    objects.some((name) => name === `records/${address}.json` || name.startsWith(`assets/${address}.`)) ||
    objects.includes(`records/${master}.ledger.json`);
  for (const { step, status, address } of track?.outcomes ?? [])
    if (status === "succeeded" && address !== null && step !== "fetch" && !hasRecord(address))
      report("what is others' stays", `what ${step} has made of track ${track?.id} is gone: ${address}`);
}
