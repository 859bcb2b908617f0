// Which process drives a backfill, for how long, and how far it is.
import type { Pool } from "@segue/catalog-db";
import { BackfillSelection, openEnum } from "@segue/contracts";
import type { ServerContext } from "@segue/step";
import { z } from "zod";

/** A backfill that this process drives. */
const DrivenBackfill = z.object({
  id: z.string(),
  driver: z.string(),
  targets: z.array(z.string()),
  force: z.array(z.string()),
  selection: BackfillSelection,
  in_flight: z.int(),
  requested_at: z.date(),
  /** One that is not known here is left alone. */
  state: openEnum(["running", "paused", "cancelled"]),
  cursor: z.string().nullable(),
  total: z.coerce.number().nullable(),
  complete: z.coerce.number(),
  succeeded: z.coerce.number(),
  failed: z.coerce.number(),
  under_way: z.coerce.number(),
});
export type DrivenBackfill = z.infer<typeof DrivenBackfill>;

const Id = z.object({ id: z.string() });

export const isOver = "b.state in ('cancelled', 'done')";

/**
 * Who does not know all that a backfill is to make can't tell what of it has ended. That is for a catalog that does, of a younger release or one that has heard of a step sooner;
 * where there has been none for so long, the fleet has lost the step.
 */
const leftToOthers = "interval '10 minutes'";
/**
 * When a process may drive it, which knows these targets. One that could not go on with it last time leaves it to others first; and of one that is paused nobody hurries
 * to see what comes of the rest, which may be nothing for long.
 */
const claimableAt = `
case when not b.targets <@ $2::text[] then coalesce(b.driven_until, b.requested_at) + ${leftToOthers}
  when b.driver = $1 and b.id = any($3::uuid[]) then coalesce(b.driven_until, now()) + interval '5 seconds'
  when b.driver = $1 and b.state <> 'paused' then now() else coalesce(b.driven_until, now()) end`;

/** Takes, or keeps, every backfill that no other process drives, unless it is paused and nothing is under way for it. */
const claim = `
with free as materialized (
  -- In one order: others claim at the same moment.
  select id from backfills b where finished_at is null and ${claimableAt} <= now()
    and (state <> 'paused' or exists (select from backfill_tracks t where t.backfill_id = b.id))
  order by id for update),
mine as (
  update backfills set driver = $1, driven_until = now() + interval '15 seconds' where id in (select id from free) returning *)
select id, driver, targets, force, selection, in_flight, requested_at, state, cursor, total,
  complete, succeeded, failed, (select count(*) from backfill_tracks t where t.backfill_id = mine.id) as under_way
from mine order by id`;

/** When something can be done: null where nothing is open, or all that is rests; later than now where another process drives it until then. */
const selectDue = `
select case when exists (select from backfill_tracks t join backfills b on b.id = t.backfill_id where ${isOver}) then 0
  else extract(epoch from min(${claimableAt}) - now()) * 1000 end as "inMs"
from backfills b
where finished_at is null and (state <> 'paused' or exists (select from backfill_tracks t where t.backfill_id = b.id))`;

/** Whoever has driven a backfill that is paused lets go of it: another may be told to go on. */
const letGo = `
update backfills set driven_until = null where driver = $1 and driven_until is not null and state = 'paused' and finished_at is null
  and not exists (select from backfill_tracks t where t.backfill_id = backfills.id)`;

const mayEnd = `id = $1 and driver = $2 and state = 'running' and not exists (select from backfill_tracks t where t.backfill_id = $1)`;
const keepToEnd = `update backfills set driven_until = now() + interval '15 seconds' where ${mayEnd}`;
const finish = `update backfills set state = 'done', finished_at = now() where ${mayEnd}`;

/** Of backfills themselves: who drives them, and how far they are. */
export function rowsOfBackfills(pool: Pool, chain: ServerContext["chain"]) {
  /** As backfills name them: what has become a rendering since, too. */
  const knownTargets = () =>
    chain.kinds.flatMap(({ name, renderings }) => [
      name,
      ...Object.values(renderings).flatMap(({ replaces }) => replaces ?? []),
    ]);
  return {
    /**
     * In how many ms there may be something to do for this process; undefined: not before something is asked for.
     *
     * @param failing ids of those that it could not go on with last time.
     */
    async readDue(driver: string, failing: readonly string[] = []): Promise<number | undefined> {
      const { rows } = await pool.query(selectDue, [driver, knownTargets(), failing]);
      const [due] = z.array(z.object({ inMs: z.coerce.number().nullable() })).parse(rows);
      return due?.inMs === null || due === undefined ? undefined : Math.max(0, due.inMs);
    },
    async letGo(driver: string): Promise<void> {
      await pool.query(letGo, [driver]);
    },
    /**
     * @param failing as of `readDue`.
     * @param onUnreadable hears of one that a younger release has asked for, in words that are not known here: it holds up no other.
     */
    async claim(
      driver: string,
      failing: readonly string[] = [],
      onUnreadable: (id: string, error: Error) => void = () => {},
    ): Promise<DrivenBackfill[]> {
      const { rows } = await pool.query(claim, [driver, knownTargets(), failing]);
      return rows.flatMap((row) => {
        const read = DrivenBackfill.safeParse(row);
        if (!read.success) onUnreadable(Id.parse(row).id, read.error);
        return read.success ? [read.data] : [];
      });
    },
    async setTotal(id: string, total: number): Promise<void> {
      await pool.query("update backfills set total = $2 where id = $1", [id, total]);
    },
    async addActive(id: string, ms: number): Promise<void> {
      const values = [id, Math.round(ms)];
      await pool.query("update backfills set active_ms = active_ms + $2 where id = $1", values);
    },
    /** Whether this process may end it: it drives it still, for long enough to do so, and nothing is under way. */
    async mayEnd({ id, driver }: Pick<DrivenBackfill, "id" | "driver">): Promise<boolean> {
      return (await pool.query(keepToEnd, [id, driver])).rowCount === 1;
    },
    /** Not where another process drives it by now: that one may have begun something. */
    async finish({ id, driver }: Pick<DrivenBackfill, "id" | "driver">): Promise<void> {
      await pool.query(finish, [id, driver]);
    },
  };
}
