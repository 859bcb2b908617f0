import type { Pool } from "@segue/catalog-db";

/** Of one that has died the tracks are packed after that. */
const heldMinutes = 15;

/**
 * Keeps all catalogs from packing tracks, as long as it is refreshed: whoever makes the catalog anew asks whose artifact an address is, which
 * what is packed does not tell.
 *
 * @param refreshedAfterMs it is not written again before: a minute unless a test is in a hurry.
 */
export async function holdPacking(pool: Pool, refreshedAfterMs = 60_000) {
  let refreshedAt = Number.NEGATIVE_INFINITY;
  const refresh = async () => {
    if (performance.now() - refreshedAt < refreshedAfterMs) return;
    await pool.query(
      `insert into rebuilds (until) values (now() + interval '${heldMinutes} minutes')
       on conflict (id) do update set until = excluded.until`,
    );
    refreshedAt = performance.now();
  };
  await refresh();
  return {
    refresh,
    async end(): Promise<void> {
      await pool.query("delete from rebuilds");
    },
  };
}
