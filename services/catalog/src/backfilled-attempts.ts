import { priorityOf } from "@segue/contracts";
import type { KnownTrack } from "./derive-track.ts";
import type { AttemptRow, Facts } from "./rows.ts";

/** Attempts that were made for backfills: whoever made them had nothing live to do. @param tracks whose attempts they are. */
export function backfilledAttempts(
  tracks: readonly KnownTrack[],
  { attempts }: Pick<Facts, "attempts">,
): readonly AttemptRow[] {
  const requests = tracks.flatMap((track) => track.requests);
  const waiting = new Set(
    requests.filter((request) => priorityOf(request) === "backfill").map(({ id }) => id),
  );
  return attempts.filter(({ request_id }) => request_id !== null && waiting.has(request_id));
}
