import { fetchService, priorities } from "@segue/chain";
import { fetchStep } from "@segue/contracts";
import { names } from "../cast/context.ts";
import type { Cloud } from "../world/cloud.ts";
import type { Report } from "./breach.ts";
import { isFetchEnd, readBeginning, readFetch, readOutcomes } from "./read-message.ts";

/**
 * A fetch that is acked has been told, and what it brought has begun the chain for its request; how it ended is stored before it is told; and
 * a track has one master, whoever tells of it.
 */
export function watchFetches({ queue, faults, objects }: Cloud, report: Report): void {
  const records = names.bucket("records");
  /** Request to whether its fetch has succeeded. */
  const told = new Map<string, boolean>();
  const begun = new Set<string>();
  const masters = new Map<string, string>();
  const noteMaster = (trackId: string, master: string) => {
    const before = masters.get(trackId) ?? master;
    masters.set(trackId, before);
    if (before !== master) report("one master per track", `${trackId} has ${before} and ${master}`);
  };
  /** Names of what tells how fetches have ended, whatever became of it: what was deleted with its track may be told by whoever has read it before. */
  const ends = new Set<string>();
  const noteObject = objects.onChange;
  objects.onChange = (ref, before, after) => {
    noteObject(ref, before, after);
    if (after && ref.bucket === records && ref.name.endsWith("fetched.json")) ends.add(ref.name);
  };
  const noteMessage = queue.onPublished;
  queue.onPublished = (message) => {
    noteMessage(message);
    const beginning = readBeginning(message);
    if (beginning) {
      begun.add(beginning.request.requestId);
      noteMaster(beginning.request.trackId, beginning.record.address);
    }
    const outcome = readOutcomes(message).find(({ step }) => step === fetchStep);
    if (!outcome) return;
    const { requestId, trackId, master } = outcome;
    told.set(requestId ?? "", outcome.outcome.status === "succeeded");
    if (master !== null) noteMaster(trackId, master);
    if (![...ends].some((name) => isFetchEnd(name, trackId)))
      report("stored before it is told", `how the fetch of ${trackId} ended is told, and stored nowhere`);
  };
  const tasks = new Set(priorities.map((priority) => names.taskSubscription(fetchService, priority)));
  const noteAck = faults.onAckCalled;
  faults.onAckCalled = (lease) => {
    noteAck(lease);
    const { entry } = lease;
    const request = tasks.has(entry.subscription.name) ? readFetch(entry.message) : undefined;
    if (!request) return;
    const { requestId, trackId } = request;
    const isTold = told.has(requestId) && (told.get(requestId) === false || begun.has(requestId));
    if (!isTold)
      report(
        "every open track is owned",
        `a fetch for ${requestId} of track ${trackId} is acked, and has not been told`,
      );
  };
}
