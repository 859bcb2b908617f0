import { requestIdOf } from "@segue/contracts";
import type { Clients } from "../play/clients.ts";
import { stepsOf } from "../play/clients.ts";
import type { Cloud } from "../world/cloud.ts";
import type { Report } from "./breach.ts";
import { type BackfillRow, readBackfills, type TrackRow } from "./read-catalog.ts";
import { listRequests, readRequested } from "./read-message.ts";

/** Hears of every request that anything was ever sent for. */
export function watchRequests({ queue }: Pick<Cloud, "queue">): ReadonlySet<string> {
  const heard = new Set<string>();
  const noteMessage = queue.onPublished;
  queue.onPublished = (message) => {
    noteMessage(message);
    const requestId = readRequested(message);
    if (requestId !== undefined) heard.add(requestId);
  };
  return heard;
}

/** Backfills that have ended, by what they tell of it and by what has become of their tracks. */
export function judgeBackfills(
  cloud: Cloud,
  clients: Clients,
  tracks: ReadonlyMap<string, TrackRow>,
  requested: ReadonlySet<string>,
  report: Report,
): void {
  const backfills = readBackfills(cloud) ?? [];
  const kept = new Set(listRequests(cloud.objects, "backfill").map(({ requestId }) => requestId));
  for (const backfill of backfills) {
    judgeBackfill(backfill, cloud, report);
    const gone = clients.deletions.tracks.size + clients.deletions.masters.size;
    // What it had asked before its database was lost it does not count again, where that has been answered.
    const asked = cloud.database.wasLost ? new Set<string>() : requested;
    if (backfill.state === "done")
      judgeCounts(backfill, [...tracks.keys()], { requested: asked, kept, gone }, report);
  }
  const done = new Set(backfills.flatMap(({ id, state }) => (state === "done" ? [id] : [])));
  judgeCoverage(clients, tracks, done, report);
}

const selectFailures = "select to_jsonb(f)::text from backfill_failures f where f.backfill_id = $1";

function judgeBackfill(
  { id, failed, counted, tracks }: BackfillRow,
  { database }: Cloud,
  report: Report,
): void {
  if (counted > tracks)
    report("results are right", `backfill ${id} has counted ${counted} tracks, and there are ${tracks}`);
  if (failed === 0) return;
  const failures = database.look<{ step: string; code: string }>(selectFailures, id) ?? [];
  const strange = failures.filter(({ code }) => code !== "not-audio");
  if (strange.length > 0) report("results are right", `backfill ${id}: ${JSON.stringify(strange[0])}`);
}

/**
 * What a backfill has asked of a track is in storage first, and sent last. Whatever was sent has ended by now, well or badly, and is counted; what is in
 * storage may have been found to be made already, by another driver, and is complete then.
 */
function judgeCounts(
  { id, ended }: BackfillRow,
  trackIds: readonly string[],
  {
    requested,
    kept,
    gone,
  }: {
    readonly requested: ReadonlySet<string>;
    readonly kept: ReadonlySet<string>;
    /** Of tracks that were deleted nobody can tell any more; there are that many at most. */
    readonly gone: number;
  },
  report: Report,
): void {
  const ids = trackIds.map((trackId) => requestIdOf(id, trackId));
  const [least, most] = [requested, kept].map((known) => ids.filter((each) => known.has(each)).length);
  if (ended < (least ?? 0) || ended > (most ?? 0) + gone)
    report(
      "results are right",
      `backfill ${id} tells of ${ended} tracks that it asked something of; it has sent for ${least}, and storage has ${most} requests`,
    );
}

/** Clocks jump by some seconds, and what came first is told by them. */
const clockSlackMs = 60_000;

/** What a backfill asks for that was not cancelled, and does not rest, every track has that had been accepted well before. */
function judgeCoverage(
  clients: Clients,
  tracks: ReadonlyMap<string, TrackRow>,
  done: ReadonlySet<string>,
  report: Report,
): void {
  const promised = [...clients.promised.values()];
  for (const { errand, id: backfillId } of promised) {
    if (errand.kind !== "backfill" || !done.has(backfillId)) continue;
    for (const { errand: submission, id, atMs } of promised) {
      const track = tracks.get(id);
      if (submission.kind !== "submit" || !track || atMs + clockSlackMs > errand.atMs) continue;
      const missing = stepsOf(errand.targets).filter((step) => !track.wants.includes(step));
      if (missing.length > 0)
        report(
          "nothing accepted is lost",
          `${errand.key} asked for ${missing.join(", ")} of ${submission.key} (${id})`,
        );
    }
  }
}
