import type { Pool } from "@segue/catalog-db";
import { PayloadRef } from "@segue/contracts";
import type { ServerContext } from "@segue/step";
import type { Logger } from "@segue/telemetry";
import { z } from "zod";
import { createBatcher } from "./batcher.ts";

const selectPayloads =
  "select payload from artifacts where address = any($1::text[]) and payload ->> 'bucket' = $2";

/** What tracks leave is cleared together. */
const windowMs = 1_000;
const mostAddresses = 1_000;
/** The bucket's lifecycle takes what there is no time for. */
const mostWaiting = 20_000;
const deletedAtOnce = 8;

const Rows = z.array(z.object({ payload: PayloadRef }));

export interface ClearOptions extends Pick<ServerContext, "store" | "names"> {
  readonly pool: Pool;
  readonly log: Logger;
}

/** Deletes intermediates that nobody needs any more, instead of paying for them until they expire. Once for each, and never in anybody's way. */
export interface Intermediates {
  clear(addresses: readonly string[]): void;
  /** Begins nothing more. */
  stop(): Promise<void>;
}

export function clearIntermediates({ pool, store, names, log }: ClearOptions): Intermediates {
  const bucket = names.bucket("scratch");
  let waiting = 0;
  let isStopped = false;
  const deleteAll = async (addresses: readonly string[]) => {
    const { rows } = await pool.query(selectPayloads, [addresses, bucket]);
    const payloads = Rows.parse(rows).map(({ payload }) => payload);
    for (let from = 0; from < payloads.length && !isStopped; from += deletedAtOnce) {
      const some = payloads.slice(from, from + deletedAtOnce);
      await Promise.all(some.map(({ name }) => store.deleteObject({ bucket, name })));
    }
  };
  const batcher = createBatcher<string>({
    windowMs,
    maxItems: mostAddresses,
    async handle(addresses) {
      waiting -= addresses.length;
      if (isStopped) return;
      try {
        await deleteAll([...new Set(addresses)]);
      } catch (error) {
        log.warn({ error, count: addresses.length }, "intermediates are left to expire");
      }
    },
  });
  return {
    clear(addresses) {
      for (const address of addresses.slice(0, mostWaiting - waiting)) {
        waiting += 1;
        batcher.add(address);
      }
    },
    stop() {
      isStopped = true;
      return batcher.drain();
    },
  };
}
