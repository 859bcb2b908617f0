import { setTimeout as sleep } from "node:timers/promises";
import { claimStorage } from "@segue/artifacts";
import { ForeignEditionError } from "@segue/contracts";
import type { ServiceContext } from "@segue/step";

const retryMs = 2_000;

/**
 * Asks storage whose edition's data it holds, until it tells. Rejects with what people are to be told where it is another's.
 *
 * @param stopping ends the asking.
 */
export async function watchEdition(
  { store, names, log }: Pick<ServiceContext, "store" | "names" | "log">,
  stopping: AbortSignal,
): Promise<void> {
  for (let asked = 0; !stopping.aborted; asked++) {
    try {
      return await claimStorage(store, names);
    } catch (error) {
      if (error instanceof ForeignEditionError) throw error;
      if (asked === 0) log.warn({ error }, "storage does not tell yet whose edition's data it holds");
    }
    await sleep(retryMs, undefined, { signal: stopping, ref: false }).catch(() => {});
  }
}
