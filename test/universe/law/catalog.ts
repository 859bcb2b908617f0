import type { Cloud } from "../world/cloud.ts";
import type { Report } from "./breach.ts";
import { isIntermediate, readAccepted, readOutcomes } from "./read-message.ts";

const countAttempts = "select count(*)::text from step_attempts where track_id = $1 and step = $2";
const countTracks = "select count(*)::text from tracks where id = $1";

/** Once and for all: what is asked for later finds it gone. */
const countEnded = `select count(*)::text from artifacts a join tracks t on t.master = a.master
where a.address = $1 and t.finished_at is not null`;

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

/** What is deleted was made for a track that has ended: others may have it made again. */
export function watchDeletions({ objects, database }: Cloud, report: Report): void {
  const noteObject = objects.onChange;
  objects.onChange = (ref, before, after) => {
    noteObject(ref, before, after);
    if (after || objects.isExpiring || !isIntermediate(ref)) return;
    const [address = ""] = ref.name.split(".");
    if (database.look<number>(countEnded, address)?.[0] === 0)
      report("what is needed is not deleted", `${ref.name} is deleted, and no track of it has ended`);
  };
}
