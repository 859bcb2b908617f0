import { setTimeout as sleep } from "node:timers/promises";
import type { Client, Pool } from "@segue/catalog-db";
import type { Chain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import type { Logger } from "@segue/telemetry";
import { z } from "zod";
import { refreshTracks } from "./apply-facts.ts";
import type { Spent } from "./spent-intermediates.ts";
import { type OnTold, writeCatalog } from "./write-catalog.ts";

/** Raise it when tracks are derived otherwise from the same facts: what was derived before is then derived anew. */
const derivationVersion = 3;
/** Derived in one transaction: what comes in meanwhile waits for no longer than for its own like. */
const atOnce = 100;
/** Looked at in one statement, whatever becomes of them. */
const lookedAtOnce = 200;
const lowestId = "00000000-0000-0000-0000-000000000000";

export interface RederiveOptions {
  readonly pool: Pool;
  readonly chain: Chain<StepSpec>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const Derivation = z.object({ version: z.int(), after: z.string().nullable() });
const Ids = z.array(z.object({ id: z.string() }));

const note = `
insert into derivation (version, after) values ($1, $2)
on conflict (id) do update set version = excluded.version, after = excluded.after
where derivation.version <= excluded.version`;

/** Derives anew what holds for tracks. @returns what was made for those that are at rest. */
export function deriveAnew(
  pool: Pool,
  chain: Chain<StepSpec>,
  ids: readonly string[],
  onTold?: OnTold,
): Promise<readonly Spent[]> {
  const work = async (client: Client) => {
    const { spent, changes } = await refreshTracks(client, chain, ids);
    return { result: spent, changes };
  };
  return writeCatalog(pool, ids, work, { onTold });
}

/** Of a track that is packed there are no requests. Where few of those that are not are done, a statement that looks for these goes through all others. */
const selectInTables = `
select r.id, coalesce((select t.state = 'done' from tracks t where t.id = r.id), false) as "isDone"
from (select distinct track_id as id from requests where track_id > $1 order by 1 limit $2) r order by r.id`;

const InTables = z.array(z.object({ id: z.string(), isDone: z.boolean() }));

/** Packs tracks that are at rest and in the tables: a release that does not pack them, or a rebuild that has died, has left them. */
export async function packTracks(pool: Pool, chain: Chain<StepSpec>, signal?: AbortSignal): Promise<void> {
  for (let after: string | undefined = lowestId; after !== undefined && !signal?.aborted; ) {
    const { rows }: { rows: unknown[] } = await pool.query(selectInTables, [after, lookedAtOnce]);
    const found = InTables.parse(rows);
    const ids = found.flatMap(({ id, isDone }) => (isDone ? [id] : []));
    for (let from = 0; from < ids.length && !signal?.aborted; from += atOnce)
      await deriveAnew(pool, chain, ids.slice(from, from + atOnce));
    after = found.at(-1)?.id;
  }
}

/**
 * Derives anew what holds for every track, where a release before did it by other rules, and packs what is at rest. Goes on where another catalog stopped. Live
 * facts go on beside it; a track that one has touched since is derived once more, to the same.
 */
export async function rederiveTracks(options: RederiveOptions): Promise<void> {
  const { log, signal } = options;
  while (!signal.aborted) {
    try {
      if (await rederiveSome(options)) return await packTracks(options.pool, options.chain, signal);
    } catch (error) {
      log.warn({ error }, "tracks can't be derived anew now; it is tried again");
      await sleep(5_000, undefined, { signal }).catch(() => {});
    }
  }
}

/** True: all are. */
async function rederiveSome({ pool, chain, log }: RederiveOptions): Promise<boolean> {
  const { rows } = await pool.query("select version, after from derivation");
  const [known] = z.array(Derivation).parse(rows);
  // While it is under way, the version is still the one before.
  if (known && known.version >= derivationVersion) return true;
  const after = known?.after ?? lowestId;
  const found = await pool.query("select id from tracks where id > $1 order by id limit $2", [after, atOnce]);
  const ids = Ids.parse(found.rows).map(({ id }) => id);
  const last = ids.at(-1);
  if (last === undefined) {
    await pool.query(note, [derivationVersion, null]);
    if (known) log.info({ derivationVersion }, "what holds for tracks was derived anew");
    return true;
  }
  await writeCatalog(pool, ids, async (client) => {
    const { changes } = await refreshTracks(client, chain, ids);
    await client.query(note, [derivationVersion - 1, last]);
    return { result: undefined, changes };
  });
  return false;
}
