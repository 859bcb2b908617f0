import { createTakedownObjects, isNoJson } from "@segue/artifacts";
import { type Pool, toStorableJson } from "@segue/catalog-db";
import type { Chain, Names } from "@segue/chain";
import { readSortingId, type StepSpec, type TakedownRequested, takedownObjectName } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { applyFacts } from "../apply-facts.ts";
import { takedownFacts } from "../facts-of.ts";
import { mergeFacts } from "../rows.ts";

/** All that is known of a track that a client deleted: its takedown finds out the rest. */
const keepTombstones = `
insert into deleted_tracks (id, takedown_id, owner, cause)
select id, takedown_id, owner, cause from jsonb_to_recordset($1::jsonb) as x(id uuid, takedown_id uuid, owner text, cause text)
on conflict do nothing`;
const keepMasters = `
insert into deleted_masters (master, takedown_id, again, requested_at)
select distinct on (master) master, takedown_id, again, requested_at
from jsonb_to_recordset($1::jsonb) as x(master text, takedown_id uuid, again text, requested_at timestamptz) order by master, requested_at desc
on conflict (master) do update set takedown_id = excluded.takedown_id, again = excluded.again, requested_at = excluded.requested_at
where deleted_masters.requested_at < excluded.requested_at`;

interface Options {
  readonly pool: Pool;
  readonly store: ObjectStore;
  readonly names: Names;
  readonly chain: Chain<StepSpec>;
}

/** Has a catalog that is made anew refuse what was deleted, before it reads what is there. @returns how many can't be read. */
export async function takeInTakedowns(options: Options, names: readonly string[]): Promise<number> {
  const { pool, chain } = options;
  const read = await Promise.all(names.filter(isRequested).map((name) => readOne(options, name)));
  const found = read.flatMap((each) => (each === "unreadable" || each === "declined" ? [] : [each]));
  const tombstones = found.flatMap(({ takedownId: takedown_id, owner, cause, tracks }) =>
    tracks.map((id) => ({ id, takedown_id, owner, cause })),
  );
  const masters = found.flatMap(
    ({ takedownId: takedown_id, again, requestedAt: requested_at, masters: all }) =>
      all.map((master) => ({ master, takedown_id, again, requested_at })),
  );
  await pool.query(keepTombstones, [toStorableJson(tombstones)]);
  await pool.query(keepMasters, [toStorableJson(masters)]);
  await applyFacts(pool, chain, mergeFacts(found.map(takedownFacts)), { tells: false });
  return read.filter((each) => each === "unreadable").length;
}

/** Others tell how one has ended. */
function isRequested(name: string): boolean {
  const id = readSortingId(name);
  return id !== undefined && name === takedownObjectName(id, "requested");
}

/** A cancellation has been declined, or may still be: what it was about is not held against. */
async function readOne(
  { store, names }: Options,
  name: string,
): Promise<TakedownRequested | "declined" | "unreadable"> {
  const objects = createTakedownObjects(store, names);
  const id = readSortingId(name) ?? "";
  try {
    const requested = await objects.readRequested(id);
    if (!requested) return "declined";
    if (requested.cause !== "cancel") return requested;
    return (await objects.readEnd(id, "removed")) ? requested : "declined";
  } catch (error) {
    if (error instanceof Error && (isNoJson(error) || error.name === "ZodError")) return "unreadable";
    throw error;
  }
}
