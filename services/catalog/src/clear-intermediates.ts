import { createRebuildClaims } from "@segue/artifacts";
import type { Pool } from "@segue/catalog-db";
import { PayloadRef } from "@segue/contracts";
import type { ServerContext } from "@segue/step";
import type { Logger } from "@segue/telemetry";
import { z } from "zod";
import { createBatcher } from "./batcher.ts";
import type { Spent } from "./spent-intermediates.ts";

const selectPayloads =
  "select address, payload from artifacts where address = any($1::text[]) and payload ->> 'bucket' = $2";

/** What tracks leave is cleared together. */
const windowMs = 1_000;
const mostAtOnce = 1_000;
/** The bucket's lifecycle takes what there is no time for. */
const mostWaiting = 20_000;
const deletedAtOnce = 8;

const Rows = z.array(z.object({ address: z.string(), payload: PayloadRef }));

export interface ClearOptions extends Pick<ServerContext, "store" | "names"> {
  readonly pool: Pool;
  readonly log: Logger;
}

/** Deletes intermediates that nobody needs any more, instead of paying for them until they expire. Once for each, and never in anybody's way. */
export interface Intermediates {
  clear(spent: readonly Spent[]): void;
  /** Begins nothing more. */
  stop(): Promise<void>;
}

export function clearIntermediates({ pool, store, names, log }: ClearOptions): Intermediates {
  const bucket = names.bucket("scratch");
  const claims = createRebuildClaims(store, names);
  let waiting = 0;
  let isStopped = false;
  const deleteAll = async (madeAt: ReadonlyMap<string, string>) => {
    const { rows } = await pool.query(selectPayloads, [[...madeAt.keys()], bucket]);
    const found = Rows.parse(rows);
    const deleteOne = async ({ address, payload }: (typeof found)[number]) => {
      const wasThere = await store.deleteObject({ bucket, name: payload.name });
      if (wasThere) await claims.drop(madeAt.get(address) ?? address);
    };
    for (let from = 0; from < found.length && !isStopped; from += deletedAtOnce)
      await Promise.all(found.slice(from, from + deletedAtOnce).map(deleteOne));
  };
  const batcher = createBatcher<Spent>({
    windowMs,
    maxItems: mostAtOnce,
    async handle(spent) {
      waiting -= spent.length;
      if (isStopped) return;
      try {
        await deleteAll(new Map(spent.map(({ address, madeAt }) => [address, madeAt])));
      } catch (error) {
        log.warn({ error, count: spent.length }, "intermediates are left to expire");
      }
    },
  });
  return {
    clear(spent) {
      for (const each of spent.slice(0, mostWaiting - waiting)) {
        waiting += 1;
        batcher.add(each);
      }
    },
    stop() {
      isStopped = true;
      return batcher.drain();
    },
  };
}
