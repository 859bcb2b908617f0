/**
 * How a process of a server hears the news. Every one of them is to hear all of it, so each has a subscription of its own:
 *
 *   create it --- it is there ---> pull it --- it is gone (idle for a day, or deleted) ---> create it
 *      ^  | the queue is away, or does not let us: later
 *      +--+
 *
 * A process that stops deletes it. That of one that was killed is deleted by Pub/Sub when nobody has pulled it for a day; until then it keeps
 * the news of ten minutes.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { PubSub } from "@google-cloud/pubsub";
import { type Names, newsTopic } from "@segue/chain";
import { News, readKnown } from "@segue/contracts";
import { openLane } from "@segue/queue";
import type { NewsSource } from "@segue/step";
import { type Logger, within } from "@segue/telemetry";

/** gRPC's numbers: ALREADY_EXISTS, and NOT_FOUND. */
const alreadyExists = 6;
const notFound = 5;
const answerMs = 10_000;
const pausesMs = { first: 1_000, longest: 60_000 };
/** What ends keeps nobody waiting. */
const closeMs = 1_000;
/** The shortest that Pub/Sub allows. */
const subscriptionOptions = {
  ackDeadlineSeconds: 10,
  messageRetentionDuration: { seconds: 600 },
  expirationPolicy: { ttl: { seconds: 86_400 } },
};

export interface HearOptions {
  readonly pubsub: PubSub;
  readonly names: Names;
  readonly log: Logger;
  /** Of the server. */
  readonly server: string;
}

export interface Hearing extends NewsSource {
  /** Resolves soon, whatever the queue does. */
  stop(): Promise<void>;
}

export function hearNews(options: HearOptions): Hearing {
  const { pubsub, names, log, server } = options;
  const name = names.newsSubscription(`${server}-${randomUUID()}`);
  const stopping = new AbortController();
  const ears: ((news: News | undefined) => void)[] = [];
  let isListening = false;
  let lane: ReturnType<typeof openLane> | undefined;
  const tellAll = (news: News | undefined) => {
    for (const ear of ears) ear(news);
  };
  const open = () =>
    openLane(pubsub, {
      subscription: name,
      maxMessages: 100,
      closeMs,
      take(message) {
        message.ack();
        tellAll(readNews(message.data));
      },
      onTrouble(error) {
        log.debug({ error, subscription: name }, "the subscription failed");
        if (codeOf(error) !== notFound || !isListening) return;
        isListening = false;
        listening = listen();
      },
    });
  const listen = async () => {
    let pauseMs = pausesMs.first;
    while (!stopping.signal.aborted) {
      const trouble = await create(pubsub, names.topic(newsTopic), name);
      if (stopping.signal.aborted) return;
      if (trouble === undefined) {
        isListening = true;
        // Lost once more, with no news between, it is to be made once more.
        lane?.tellAgain();
        lane ??= open();
        return tellAll(undefined);
      }
      if (pauseMs === pausesMs.first)
        log.warn({ error: trouble, subscription: name }, "news can't be heard; storage is asked instead");
      await sleep(pauseMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
      pauseMs = Math.min(pausesMs.longest, 2 * pauseMs);
    }
  };
  let listening = listen();
  const end = async () => {
    await listening;
    await lane?.close();
    await pubsub.subscription(name).delete({ timeout: closeMs, maxRetries: 0 });
  };
  let ended: Promise<void> | undefined;
  return {
    isListening: () => isListening,
    onNews: (ear) => void ears.push(ear),
    async stop() {
      stopping.abort();
      // One that can't be deleted goes by itself in time.
      ended ??= end().catch(() => {});
      await within(2 * closeMs, ended);
    },
  };
}

/** Why it is not there; undefined when it is. */
async function create(pubsub: PubSub, topic: string, name: string): Promise<unknown> {
  try {
    const gaxOpts = { timeout: answerMs, maxRetries: 0 };
    await pubsub.topic(topic).createSubscription(name, { ...subscriptionOptions, gaxOpts });
    return undefined;
  } catch (error) {
    return codeOf(error) === alreadyExists ? undefined : error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function readNews(data: Buffer): News | undefined {
  try {
    return readKnown(News, JSON.parse(data.toString("utf8")));
  } catch {
    return undefined;
  }
}
