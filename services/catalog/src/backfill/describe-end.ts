import type { StoredBackfill } from "@segue/catalog-db";
import type { BackfillEnded } from "@segue/contracts";

/** What came of a backfill, for whoever has to make the catalog again. */
export function describeEnd(backfill: StoredBackfill, now: Date): BackfillEnded {
  const { id: backfillId, targets, force, selection, inFlight, requestedAt } = backfill;
  const { total, complete, succeeded, failed, activeMs, failures } = backfill;
  return {
    v: 1,
    type: "BackfillEnded",
    backfill: {
      v: 1,
      type: "BackfillRequested",
      ...{ backfillId, targets, force, selection, inFlight, requestedAt },
    },
    at: now.toISOString(),
    ...{ total, complete, succeeded, failed, activeMs, failures },
  };
}
