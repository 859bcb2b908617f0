import type { Cloud } from "../world/cloud.ts";
import type { Report } from "./breach.ts";
import { readAccepted, readOutcomes } from "./read-message.ts";

const countAttempts = "select count(*)::text from step_attempts where track_id = $1 and step = $2";
const countTracks = "select count(*)::text from tracks where id = $1";

/** What the catalog acks is committed: the attempt that an outcome tells of, the track that was accepted. */
export function watchCatalog({ faults, database }: Cloud, report: Report): void {
  const noteAck = faults.onAckCalled;
  faults.onAckCalled = (lease) => {
    noteAck(lease);
    const { message } = lease.entry;
    const outcomes = readOutcomes(message);
    const accepted = outcomes.length > 0 ? undefined : readAccepted(message);
    const stored = [
      ...outcomes.map(({ trackId, step }) => database.look<number>(countAttempts, trackId, step)),
      ...(accepted === undefined ? [] : [database.look<number>(countTracks, accepted)]),
    ];
    if (stored.some((rows) => rows?.[0] === 0))
      report(
        "nothing is acked before it is stored",
        `the catalog acks ${message.id} of ${message.topic}, and has stored nothing of it`,
      );
  };
}
