import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { PubSub, Topic } from "@google-cloud/pubsub";
import { type Names, tracksTopic } from "@segue/chain";
import {
  type ArtifactReady,
  type BackfillRequested,
  type BackfillSteered,
  filterAttributes,
  type ReplayRequested,
  storyAttribute,
  type TrackAccepted,
} from "@segue/contracts";
import { injectTrace, type TraceContext } from "@segue/telemetry";
import { ProblemError } from "./problem-error.ts";

/**
 * Publishes facts of tracks; resolves when the queue has them safe. All but `announce` throw a `ProblemError` `unavailable`
 * when the queue does not take them in time.
 */
export interface Publisher {
  /** A new track is there. Nobody waits for it, so it has the ten minutes of the client's own. */
  announce(track: TrackAccepted, master: ArtifactReady, trace: TraceContext): Promise<void>;
  /** As `announce`, for a track that only the queue can tell of. */
  announceLate(track: TrackAccepted, master: ArtifactReady, trace: TraceContext): Promise<void>;
  /** Somebody asked for a backfill, or steered one. */
  announceBackfill(fact: BackfillRequested | BackfillSteered, trace: TraceContext): Promise<void>;
  /** A ping sets out: its message is in the form of a master's. */
  announcePing(ping: ArtifactReady, trace: TraceContext): Promise<void>;
  /** A track that is known goes through the chain again. */
  announceReplay(replay: ReplayRequested, master: ArtifactReady, trace: TraceContext): Promise<void>;
}

/** The client's own limit is ten minutes. */
const publishTimeoutMs = 15_000;
const batching = { maxMilliseconds: 5, maxMessages: 100 };

export function createPublisher(pubsub: PubSub, names: Names): Publisher {
  const topics = new Map<string, Topic>();
  const publish = (name: string, json: object, attributes: Record<string, string>) => {
    const topic = topics.get(name) ?? pubsub.topic(names.topic(name), { batching });
    topics.set(name, topic);
    return topic.publishMessage({ data: Buffer.from(JSON.stringify(json)), attributes });
  };
  const publishMaster = (master: ArtifactReady, attributes: Record<string, string>) =>
    publish(master.record.kind, master, {
      ...attributes,
      [storyAttribute]: randomUUID(),
      ...filterAttributes(master),
    });
  const publishTrack: Publisher["announce"] = async (track, master, trace) => {
    const attributes = injectTrace({ track: track.trackId }, trace);
    await Promise.all([publish(tracksTopic, track, attributes), publishMaster(master, attributes)]);
  };
  return {
    announce: publishTrack,
    announceLate: (track, master, trace) => inTime(publishTrack(track, master, trace)),
    async announceBackfill(fact, trace) {
      await inTime(publish(tracksTopic, fact, injectTrace({}, trace)));
    },
    async announcePing(ping, trace) {
      await inTime(publishMaster(ping, injectTrace({ track: ping.trackId }, trace)));
    },
    async announceReplay(replay, master, trace) {
      const attributes = injectTrace({ track: replay.trackId }, trace);
      await inTime(
        Promise.all([publish(tracksTopic, replay, attributes), publishMaster(master, attributes)]),
      );
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
