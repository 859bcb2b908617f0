import { setTimeout as sleep } from "node:timers/promises";
import {
  type ArtifactRecord,
  type BackfillRequested,
  type BackfillSteered,
  blockOf,
  type MasteredRequest,
  type Request,
  type RequestBlock,
  type TakedownRequested,
  type TrackAccepted,
} from "@segue/contracts";
import type * as queue from "@segue/queue";
import type { TraceContext } from "@segue/telemetry";
import { ProblemError } from "./problem-error.ts";

/** What a request begins with: a master's record, or a source, as readers see it, from which that has still to be fetched. */
export type Beginning =
  | { readonly request: MasteredRequest; readonly master: ArtifactRecord }
  | { readonly request: Request; readonly source: string };

/**
 * Publishes what the API decides; resolves when the queue has it safe. All but `announce` throw a `ProblemError` `unavailable`
 * when the queue does not take it in time.
 */
export interface Publisher {
  /** A new track or a replay is there. Nobody waits for it, so it has the ten minutes of the client's own. */
  announce(asked: TrackAccepted | Request, beginning: Beginning, trace: TraceContext): Promise<void>;
  /** As `announce`, for one that only the queue can tell of. */
  announceLate(asked: TrackAccepted | Request, beginning: Beginning, trace: TraceContext): Promise<void>;
  /** There may be tracks and replays in storage that nobody was told of. */
  announceUntold(): Promise<void>;
  /** Somebody waits for what happens to tracks. */
  announceChangesWanted(): Promise<void>;
  /** There is something to be sent to webhooks, or there may be soon. */
  announceWebhooksChanged(): Promise<void>;
  /** Search is to be made anew. */
  announceSearchWanted(): Promise<void>;
  /** A person has corrected a track: search looks after it, and whoever follows the feed. */
  announceCorrected(): Promise<void>;
  /** Somebody asked for a backfill, or steered one. */
  announceBackfill(fact: BackfillRequested | BackfillSteered, trace: TraceContext): Promise<void>;
  /** Somebody wants something gone. */
  announceTakedown(fact: TakedownRequested, trace: TraceContext): Promise<void>;
  /** Asks the service of every wanted step whether it is there. */
  ping(request: RequestBlock, trace: TraceContext): Promise<void>;
}

/** The client's own limit is ten minutes. */
const publishTimeoutMs = 15_000;

export function createPublisher(publisher: queue.Publisher): Publisher {
  const begin = async (asked: TrackAccepted | Request, beginning: Beginning, trace: TraceContext) => {
    const traced = publisher.within(trace);
    const begun =
      "master" in beginning
        ? traced.fact(beginning.master, blockOf(beginning.request))
        : traced.fetch(beginning);
    await Promise.all([traced.trackFact(asked), begun]);
  };
  return {
    announce: begin,
    announceLate: (asked, beginning, trace) => inTime(begin(asked, beginning, trace)),
    announceUntold: () => publisher.news({ v: 1, type: "RequestsUntold" }),
    announceChangesWanted: () => publisher.news({ v: 1, type: "ChangesWanted" }),
    announceWebhooksChanged: () => publisher.news({ v: 1, type: "WebhooksChanged" }),
    announceSearchWanted: () => publisher.news({ v: 1, type: "SearchWanted" }),
    async announceCorrected() {
      await Promise.all([
        publisher.news({ v: 1, type: "ChangesTold" }),
        publisher.news({ v: 1, type: "SearchWanted" }),
        publisher.news({ v: 1, type: "WebhooksChanged" }),
      ]);
    },
    announceBackfill: (fact, trace) => inTime(publisher.within(trace).trackFact(fact)),
    announceTakedown: (fact, trace) => inTime(publisher.within(trace).trackFact(fact)),
    async ping(request, trace) {
      const traced = publisher.within(trace);
      const sent = request.wants.map((step) => traced.task({ type: "Ping", step, request }));
      // A service that has no topic is one that does not answer; the others do.
      await inTime(Promise.allSettled(sent).then(() => Promise.any(sent)));
    },
  };
}

async function inTime(published: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const late = sleep(publishTimeoutMs, undefined, { signal: done.signal }).then(
    () => Promise.reject(new Error(`no answer within ${publishTimeoutMs} ms`)),
    () => undefined,
  );
  try {
    await Promise.race([published, late]);
  } catch (cause) {
    throw new ProblemError(
      "unavailable",
      "the queue does not confirm it in time; it may have taken it all the same",
      { cause },
    );
  } finally {
    done.abort();
  }
}
