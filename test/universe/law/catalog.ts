import type { Cloud } from "../world/cloud.ts";
import type { Report } from "./breach.ts";
import { isIntermediate, readAccepted, readOutcomes } from "./read-message.ts";
import { countAttempts, countEnded } from "./read-packed.ts";

const countTracks = "select count(*)::text from tracks where id = $1";
/** Of one that was deleted nothing is stored: whether it was rightly is judged in the end. */
const countTombstones = "select count(*)::text from deleted_tracks where id = $1";

/** What the catalog acks is committed: the attempt that an outcome tells of, the track that was accepted; or that the track was deleted. */
export function watchCatalog(cloud: Cloud, report: Report): void {
  const { faults, database } = cloud;
  const noteAck = faults.onAckCalled;
  faults.onAckCalled = (lease) => {
    noteAck(lease);
    const { message } = lease.entry;
    const outcomes = readOutcomes(message);
    const accepted = outcomes.length > 0 ? undefined : readAccepted(message);
    const stored = [
      ...outcomes.map(({ trackId, step }) => [trackId, countAttempts(cloud, trackId, step)] as const),
      ...(accepted === undefined
        ? []
        : [[accepted, database.look<number>(countTracks, accepted)?.[0]] as const]),
    ];
    for (const [trackId, count] of stored)
      if (count === 0 && database.look<number>(countTombstones, trackId)?.[0] === 0)
        report(
          "nothing is acked before it is stored",
          `the catalog acks ${message.id} of ${message.topic}, and has stored nothing of it: track ${trackId}`,
        );
  };
}

/** What is deleted was made for a track that has ended: others may have it made again. */
export function watchDeletions(cloud: Cloud, report: Report): void {
  const { objects } = cloud;
  const noteObject = objects.onChange;
  objects.onChange = (ref, before, after) => {
    noteObject(ref, before, after);
    if (after || objects.isExpiring || !isIntermediate(ref)) return;
    const [address = ""] = ref.name.split(".");
    // Once and for all: what is asked for later finds it gone.
    if (countEnded(cloud, address) === 0)
      report("what is needed is not deleted", `${ref.name} is deleted, and no track of it has ended`);
  };
}
