import { setTimeout as sleep } from "node:timers/promises";
import type { PubSub, Topic } from "@google-cloud/pubsub";
import { type Names, tracksTopic } from "@segue/chain";
import { type ArtifactReady, type TrackAccepted, wantAttributes } from "@segue/contracts";
import { injectTrace, type TraceContext } from "@segue/telemetry";
import { ProblemError } from "./problem-error.ts";

/** Publishes that a track is there; resolves when the queue has both messages safe. */
export interface Publisher {
  /** @throws {ProblemError} `unavailable` when the queue does not take them in time. */
  announce(track: TrackAccepted, master: ArtifactReady, trace: TraceContext): Promise<void>;
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
  return {
    async announce(track, master, trace) {
      const attributes = injectTrace({ track: track.trackId }, trace);
      const done = new AbortController();
      const late = sleep(publishTimeoutMs, undefined, { signal: done.signal }).then(
        () => Promise.reject(new Error(`no answer within ${publishTimeoutMs} ms`)),
        () => undefined,
      );
      const published = Promise.all([
        publish(tracksTopic, track, attributes),
        publish(master.record.kind, master, { ...attributes, ...wantAttributes(master.wants) }),
      ]);
      try {
        await Promise.race([published, late]);
      } catch (cause) {
        throw new ProblemError("unavailable", "the queue does not take the track", { cause });
      } finally {
        done.abort();
      }
    },
  };
}
