import { setTimeout as sleep } from "node:timers/promises";
import type { Request, TrackAccepted } from "@segue/contracts";
import type { Logger, TraceContext } from "@segue/telemetry";
import type { Beginning, Publisher } from "./publisher.ts";

/** Tracks and replays whose messages may be on their way at once. The queue's client keeps each in memory for up to ten minutes. */
const maxUnderWay = 2_000;
/** After news that the queue did not take. */
const defaultRetryMs = 30_000;

/**
 * Tells the queue of tracks and replays that are safe in storage. Nobody waits for it: one that the queue does not take is found in
 * storage by the catalog, which takes it up itself. It is told that there may be some as soon as the queue takes that, and at the start: whoever
 * was here before may have been killed.
 */
export interface Announcements {
  announce(asked: TrackAccepted | Request, beginning: Beginning, trace: TraceContext): void;
  /** Resolves when what is under way has come to an end, well or not; nothing is begun any more. */
  settled(): Promise<void>;
}

export function createAnnouncements(
  publisher: Pick<Publisher, "announce" | "announceUntold">,
  log: Logger,
  { retryMs = defaultRetryMs }: { readonly retryMs?: number } = {},
): Announcements {
  const underWay = new Set<Promise<void>>();
  const untold = tellOfUntold(publisher, retryMs);
  untold.call();
  let failing = false;
  const fail = (track: string, error: unknown) => {
    if (!failing)
      log.warn(
        { track, error },
        "the queue takes no tracks or replays; the catalog will find them in storage",
      );
    failing = true;
    untold.call();
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
      untold.stop();
      await Promise.all(underWay);
    },
  };
}

/** One call that has come to the queue is enough for all that were before. */
function tellOfUntold(publisher: Pick<Publisher, "announceUntold">, retryMs: number) {
  const stopping = new AbortController();
  let calls = 0;
  let telling = false;
  const tell = async () => {
    for (let told = 0; told < calls && !stopping.signal.aborted; ) {
      const calledFor = calls;
      try {
        await publisher.announceUntold();
        told = calledFor;
      } catch {
        await sleep(retryMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
      }
    }
    calls = 0;
    telling = false;
  };
  return {
    call() {
      calls += 1;
      if (telling) return;
      telling = true;
      void tell();
    },
    stop: () => stopping.abort(),
  };
}
