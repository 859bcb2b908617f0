/**
 * Masters that a fetch has stored for a track, and has told nobody of: it died, and its track was deleted before it was asked again. Nothing leads from the track to such a master;
 * but the master says whom it was brought for. So before the last is said of a track whose source was named, all masters are gone through, once for all takedowns that wait for it:
 * one listing per thousand masters.
 */
import type { Deletions } from "@segue/artifacts";
import type { Pool } from "@segue/catalog-db";
import type { Logger } from "@segue/telemetry";
import { z } from "zod";

const deletedAmong = `select id from deleted_tracks where id = any($1::uuid[])`;
const Ids = z.array(z.object({ id: z.string() }));
const readNow = "select now()";
const Now = z.tuple([z.object({ now: z.date() })]);
/** Of one page of a listing. */
const atOnce = 1_000;

/** While somebody goes through them. */
const walkingMs = 60_000;

/** By track that was deleted. */
export type Brought = ReadonlyMap<string, readonly string[]>;

export interface BroughtMasters {
  /** What was found by going through all masters after that time, or in how many ms it is worth while to ask again. Begins, where that is due. */
  foundSince(since: Date): { readonly found: Brought } | { readonly waitMs: number };
  stop(): Promise<void>;
}

export interface BroughtMastersOptions {
  readonly pool: Pool;
  readonly deletions: Pick<Deletions, "walkBrought">;
  /** From one time through all masters to the next, in ms. */
  readonly everyMs: number;
  readonly log: Logger;
}

export function createBroughtMasters({
  pool,
  deletions,
  everyMs,
  log,
}: BroughtMastersOptions): BroughtMasters {
  const stopping = new AbortController();
  let last: { readonly begunAt: Date; readonly found: Brought } | undefined;
  let walking: Promise<void> | undefined;
  let restsUntilMs = 0;

  const walk = async () => {
    const [{ now: begunAt }] = Now.parse((await pool.query(readNow)).rows);
    const found = new Map<string, string[]>();
    const keepDeleted = async (page: ReadonlyMap<string, readonly string[]>) => {
      const { rows } = await pool.query(deletedAmong, [[...page.keys()]]);
      for (const { id } of Ids.parse(rows))
        found.set(id, [...(found.get(id) ?? []), ...(page.get(id) ?? [])]);
    };
    let page = new Map<string, string[]>();
    for await (const { master, trackId } of deletions.walkBrought()) {
      stopping.signal.throwIfAborted();
      page.set(trackId, [...(page.get(trackId) ?? []), master]);
      if (page.size < atOnce) continue;
      await keepDeleted(page);
      page = new Map();
    }
    await keepDeleted(page);
    last = { begunAt, found };
  };
  const begin = async () => {
    try {
      await walk();
      restsUntilMs = performance.now() + everyMs;
    } catch (error) {
      if (!stopping.signal.aborted)
        log.warn({ error }, "masters can't be gone through now for those of deleted tracks");
    } finally {
      walking = undefined;
    }
  };

  return {
    foundSince(since) {
      if (last && last.begunAt >= since) return last;
      const restMs = restsUntilMs - performance.now();
      if (!walking && restMs > 0) return { waitMs: restMs };
      if (!stopping.signal.aborted) walking ??= begin();
      return { waitMs: Math.min(walkingMs, everyMs) };
    },
    async stop() {
      stopping.abort();
      await walking;
    },
  };
}
