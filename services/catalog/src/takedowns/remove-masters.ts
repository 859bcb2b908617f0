/**
 * What becomes of masters of which tracks were deleted. Masters and what is derived from them are shared: as long as anybody has a track of one, all stays as it is, and nobody
 * is told. Of one that nobody has any more the master goes first, if nobody has touched it since it was looked at; whoever takes the same bytes in from then on writes it anew.
 *
 *   somebody has a track of it ------------------------------> stays
 *   touched of late: somebody may, who was not heard of -----> looked at again later
 *   nobody --> master --> ledger, records, files, rows ------> gone
 */
import type { Deletions, Ledgers } from "@segue/artifacts";
import { artifactsSql, FoundArtifacts, keptArtifacts, type Pool } from "@segue/catalog-db";
import type { Chain } from "@segue/chain";
import type { ArtifactRecord, StepSpec } from "@segue/contracts";
import { z } from "zod";

/** Storage is swept for what the catalog has not heard of up to a time: what was written so long before it is known. */
const heardOfMs = 60_000;

const selectMasters = `
select m.master, exists (select from tracks t where t.master = m.master) as "isLiving", (select swept_to from sweeps) as "sweptTo",
  coalesce((select jsonb_agg(distinct a) from deleted_tracks d, unnest(d.addresses) a where d.master = m.master), '[]') as addresses,
  ${artifactsSql("m.master")} as found
from unnest($1::text[]) as m(master)`;

const MasterRow = z.object({
  master: z.string(),
  isLiving: z.boolean(),
  sweptTo: z.date().nullable(),
  addresses: z.array(z.string()),
  found: FoundArtifacts,
});
type MasterRow = z.infer<typeof MasterRow>;

/** Unless somebody has a track of it by now. */
const removeRows = `
with unwanted as (select $1::text as master where not exists (select from tracks t where t.master = $1)),
packed as (delete from packed_artifacts p using unwanted u where p.master = decode(u.master, 'hex') returning p.master),
rows as (delete from artifacts a using unwanted u where a.master = u.master returning a.master)
select (select count(*) from packed)::int + (select count(*) from rows)::int as count`;
const Counted = z.tuple([z.object({ count: z.int() })]);

const notePurged = `
insert into purged_masters as p (takedown_id, master, purged_at) values ($1, $2, now())
on conflict (takedown_id, master) do update set purged_at = excluded.purged_at`;

export interface RemoveMastersOptions {
  readonly pool: Pool;
  readonly chain: Chain<StepSpec>;
  readonly deletions: Deletions;
  readonly ledgers: Ledgers;
  readonly takedownId: string;
  readonly requestedAt: Date;
  /** What was touched since then is left alone for now; null: whoever has it is to lose it. */
  readonly untouchedSince: Date | null;
}

export interface RemovedMasters {
  readonly objects: number;
  readonly rows: number;
  /** Of which somebody has a track. */
  readonly living: number;
  /** When those are to be looked at again that are left alone though nobody else has come since the takedown was asked for; null: there are none. */
  readonly waitingSince: Date | null;
}

export async function removeMasters(
  options: RemoveMastersOptions,
  masters: readonly string[],
): Promise<RemovedMasters> {
  const { rows } = await options.pool.query(selectMasters, [masters]);
  const all = { objects: 0, rows: 0, living: 0, waitingSince: null as Date | null };
  for (const row of z.array(MasterRow).parse(rows)) {
    if (row.isLiving) {
      all.living += 1;
      continue;
    }
    const left = await removeMaster(options, row);
    if ("touchedAt" in left) {
      const isOurs = left.touchedAt <= options.requestedAt;
      if (isOurs && (!all.waitingSince || left.touchedAt > all.waitingSince))
        all.waitingSince = left.touchedAt;
      continue;
    }
    all.objects += left.objects;
    all.rows += left.rows;
  }
  return all;
}

type Removed = { readonly objects: number; readonly rows: number } | { readonly touchedAt: Date };

async function removeMaster(options: RemoveMastersOptions, row: MasterRow): Promise<Removed> {
  const { pool, deletions, untouchedSince, takedownId } = options;
  const { master, sweptTo } = row;
  const seen = await deletions.statMaster(master);
  if (seen && untouchedSince) {
    const isKnown = sweptTo !== null && sweptTo.getTime() >= seen.updatedAt.getTime() + heardOfMs;
    if (seen.updatedAt >= untouchedSince || !isKnown) return { touchedAt: seen.updatedAt };
  }
  if (seen && !(await deletions.removeMaster(master, seen))) return { touchedAt: new Date() };
  const derived = await deletions.removeDerived(master, await addressesOf(options, row));
  const objects = derived + (seen ? 1 : 0);
  if (objects > 0) await pool.query(notePurged, [takedownId, master]);
  const [{ count }] = Counted.parse((await pool.query(removeRows, [master])).rows);
  return { objects, rows: count };
}

/** Whatever may have been made of a master: as the present chain has it, as the catalog knows, and as its ledger tells. */
async function addressesOf(
  { chain, ledgers }: RemoveMastersOptions,
  { master, found, addresses }: MasterRow,
): Promise<ReadonlySet<string>> {
  const ledger = await ledgers.of(master).read();
  return new Set([
    ...chain.addressesFor(master).values(),
    ...addresses,
    ...keptArtifacts(master, found).keys(),
    ...ledger.records.flatMap(addressesIn),
  ]);
}

function addressesIn({ address, outputs }: ArtifactRecord): string[] {
  return [address, ...Object.values(outputs ?? {})];
}
