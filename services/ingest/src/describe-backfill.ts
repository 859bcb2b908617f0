import type { StoredBackfill } from "@segue/catalog-db";
import type { BackfillResource } from "@segue/contracts";

/** A backfill as the API shows it. */
export function describeBackfill(backfill: StoredBackfill, baseUrl: string): BackfillResource {
  const { total, complete, succeeded, failed, underWay, activeMs, ...rest } = backfill;
  const { id, state } = backfill;
  return {
    ...rest,
    url: `${baseUrl}/v1/backfills/${id}`,
    tracks: { total, complete, succeeded, failed, underWay },
    etaSec: state === "done" || state === "cancelled" ? null : estimateSec(backfill),
  };
}

/** What is left, at the pace so far. Tracks for which nothing was to be done are looked at far faster than others are made. */
function estimateSec({ total, complete, succeeded, failed, activeMs }: StoredBackfill): number | null {
  const made = succeeded + failed;
  if (total === null || made === 0) return null;
  const left = Math.max(0, total - complete - made);
  return Math.round((left * activeMs) / made / 100) / 10;
}
