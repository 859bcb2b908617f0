import type { Request, TrackAccepted } from "@segue/contracts";
import type { Logger, TraceContext } from "@segue/telemetry";
import type { Beginning, Publisher } from "./publisher.ts";

/** Tracks and replays whose messages may be on their way at once. The queue's client keeps each in memory for up to ten minutes. */
const maxUnderWay = 2_000;

/**
 * Tells the queue of tracks and replays that are safe in storage. Nobody waits for it: one that the queue does not take is found in
 * storage by the catalog, which takes it up itself.
 */
export interface Announcements {
  announce(asked: TrackAccepted | Request, beginning: Beginning, trace: TraceContext): void;
  /** Resolves when what is under way has come to an end, well or not. */
  settled(): Promise<void>;
}

export function createAnnouncements(publisher: Pick<Publisher, "announce">, log: Logger): Announcements {
  const underWay = new Set<Promise<void>>();
  let failing = false;
  const fail = (track: string, error: unknown) => {
    if (!failing)
      log.warn(
        { track, error },
        "the queue takes no tracks or replays; the catalog will find them in storage",
      );
    failing = true;
  };
  return {
    announce(asked, beginning, trace) {
      if (underWay.size >= maxUnderWay) {
        fail(asked.trackId, new Error(`${maxUnderWay} tracks wait for the queue already`));
        return;
      }
      const sent = publisher.announce(asked, beginning, trace).then(
        () => {
          failing = false;
        },
        (error: unknown) => fail(asked.trackId, error),
      );
      underWay.add(sent);
      void sent.then(() => underWay.delete(sent));
    },
    async settled() {
      await Promise.all(underWay);
    },
  };
}
