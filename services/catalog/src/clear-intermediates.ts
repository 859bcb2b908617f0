import { createRebuildClaims } from "@segue/artifacts";
import type { Pool } from "@segue/catalog-db";
import { PayloadRef } from "@segue/contracts";
import type { ServerContext } from "@segue/step";
import type { Logger } from "@segue/telemetry";
import { z } from "zod";
import { startLooks } from "./looks.ts";
import type { Spent } from "./spent-intermediates.ts";

/**
 * Of those whose time has come what nobody has made again meanwhile, and no track of the same master may still want: one that is not at its
 * end, one whose replay is not, an item of a backfill. When that comes to rest, it tells of them again.
 */
const selectUnwanted = `
select a.address, a.payload from artifacts a
where a.address = any($1::text[]) and a.payload ->> 'bucket' = $2
  and a.seen_at <= now() - make_interval(secs => $3::double precision / 1000)
  and not exists (select from tracks t where t.master = a.master and t.state in ('accepted', 'processing'))
  and not exists (select from replay_watches w join tracks t on t.id = w.track_id where t.master = a.master and w.stuck is null)
  and not exists (select from backfill_tracks b join tracks t on t.id = b.track_id where t.master = a.master)`;

/** What comes to its time in such a span is looked at together. */
const windowMs = 1_000;
/** Where nothing waits. */
const restMs = 3_600_000;
const mostAtOnce = 1_000;
/** The bucket's lifecycle takes what there is no room for. */
const mostWaiting = 100_000;
const deletedAtOnce = 8;

const Rows = z.array(z.object({ address: z.string(), payload: PayloadRef }));

export interface ClearOptions extends Pick<ServerContext, "store" | "names"> {
  readonly pool: Pool;
  readonly log: Logger;
  /** How long intermediates are kept after nobody needed them any more, in ms: somebody may, who was not heard of. */
  readonly keepMs: number;
}

/** Deletes intermediates that nobody needs any more, instead of paying for them until they expire. Once for each, and never in anybody's way. */
export interface Intermediates {
  clear(spent: readonly Spent[]): void;
  /** What still waits is left to expire. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly madeAt: string;
  readonly dueAtMs: number;
}

export function clearIntermediates({ pool, store, names, log, keepMs }: ClearOptions): Intermediates {
  const bucket = names.bucket("scratch");
  const claims = createRebuildClaims(store, names);
  /** By address, in the order in which their time comes. */
  const waiting = new Map<string, Waiting>();
  let isStopped = false;

  const takeDue = () => {
    const due = new Map<string, string>();
    for (const [address, { madeAt, dueAtMs }] of waiting) {
      if (due.size === mostAtOnce || dueAtMs > performance.now()) break;
      waiting.delete(address);
      due.set(address, madeAt);
    }
    return due;
  };
  const deleteAll = async (due: ReadonlyMap<string, string>) => {
    const { rows } = await pool.query(selectUnwanted, [[...due.keys()], bucket, keepMs]);
    const found = Rows.parse(rows);
    const deleteOne = async ({ address, payload }: (typeof found)[number]) => {
      const wasThere = await store.deleteObject({ bucket, name: payload.name });
      if (wasThere) await claims.drop(due.get(address) ?? address);
    };
    for (let from = 0; from < found.length && !isStopped; from += deletedAtOnce)
      await Promise.all(found.slice(from, from + deletedAtOnce).map(deleteOne));
  };
  const look = async () => {
    const due = takeDue();
    try {
      if (due.size > 0) await deleteAll(due);
    } catch (error) {
      log.warn({ error, count: due.size }, "intermediates are left to expire");
    }
    const [next] = waiting.values();
    return next ? next.dueAtMs - performance.now() : restMs;
  };
  const looks = startLooks({ look, shortestMs: windowMs, longestMs: restMs });

  return {
    clear(spent) {
      const dueAtMs = performance.now() + keepMs;
      for (const { address, madeAt } of spent) {
        waiting.delete(address);
        if (waiting.size < mostWaiting) waiting.set(address, { madeAt, dueAtMs });
      }
      looks.within(keepMs);
    },
    stop() {
      isStopped = true;
      return looks.stop();
    },
  };
}
