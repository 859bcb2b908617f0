import { createHolds } from "@segue/artifacts";
import type { StoredTrack } from "@segue/catalog-db";
import { stepAddresses } from "@segue/chain";
import type { PutOffReport } from "@segue/contracts";
import type { ApiContext } from "./api-context.ts";

/** Of an open track, the steps that nobody tries at this moment, and until when. What has ended waits for nothing. */
export async function findPutOff(
  { chain, names, now, store }: ApiContext,
  track: Pick<StoredTrack, "id" | "master" | "outcomes" | "state" | "wants">,
): Promise<PutOffReport[]> {
  if (track.state !== "accepted" && track.state !== "processing") return [];
  const holds = createHolds(store, names);
  const done = new Set(track.outcomes.map(({ step }) => step));
  const waits = track.wants.filter((step) => !done.has(step));
  const at = now();
  const found = await Promise.all(
    [...stepAddresses(chain, track, waits)].map(async ([step, address]) => {
      const hold = await holds.latest(address, at);
      if (!hold || Date.parse(hold.until) <= at.getTime()) return [];
      const { until, times, reason } = hold;
      return [{ step, until, times, reason }];
    }),
  );
  return found.flat();
}
