import type { Message, PubSub, Subscription } from "@google-cloud/pubsub";
import { outcomesTopic } from "@segue/chain";
import { StepOutcome, StepOutcomes } from "@segue/contracts";
import type { Random } from "@segue/synth";

/** Hears every message of every topic through subscriptions of its own, straight from the queue. */
export interface Tap extends AsyncDisposable {
  /** Publishes some of what was heard again, in another order. Returns how many. */
  replay(random: Random, count: number): Promise<number>;
  /** Resolves with the outcome when the next one that matches is heard. */
  nextOutcome(matches?: (outcome: StepOutcome) => boolean): Promise<StepOutcome>;
  /** When the last message was heard, on `performance.now()`'s clock. */
  lastHeardAt(): number;
  /** The last message heard on a topic that matches. */
  find(topic: string, matches: (json: unknown) => boolean): Captured | undefined;
}

export interface Captured {
  readonly topic: string;
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Marks what the tap itself has published. */
const replayed = "chaos-replay";
const keptPerTopic = 400;
const reopenMs = 500;

/** @param topics full names. */
export async function openTap(pubsub: PubSub, topics: readonly string[]): Promise<Tap> {
  const kept = new Map<string, Captured[]>(topics.map((topic) => [topic, []]));
  const listeners = new Set<(outcome: StepOutcome) => void>();
  let lastHeardAt = performance.now();
  const hear = (topic: string, message: Message) => {
    message.ack();
    lastHeardAt = performance.now();
    const { data, attributes } = message;
    if (replayed in attributes) return;
    const all = kept.get(topic) ?? [];
    all.push({ topic, data, attributes });
    if (all.length > keptPerTopic) all.shift();
    if (!topic.endsWith(`.${outcomesTopic}`)) return;
    const json: unknown = JSON.parse(data.toString("utf8"));
    for (const each of StepOutcomes.safeParse(json).data?.outcomes ?? [json]) {
      const outcome = StepOutcome.safeParse(each);
      if (outcome.success) for (const listener of listeners) listener(outcome.data);
    }
  };
  const subscriptions = await Promise.all(topics.map((topic) => listen(pubsub, topic, hear)));

  return {
    lastHeardAt: () => lastHeardAt,
    find: (topic, matches) =>
      kept.get(topic)?.findLast(({ data }) => matches(JSON.parse(data.toString("utf8")))),
    async replay(random, count) {
      const all = [...kept.values()].flat();
      const picked = Array.from({ length: Math.min(count, all.length) }, () => all[random.below(all.length)]);
      let published = 0;
      for (const message of picked) {
        if (!message) continue;
        const { topic, data, attributes } = message;
        await pubsub.topic(topic).publishMessage({ data, attributes: { ...attributes, [replayed]: "1" } });
        published += 1;
      }
      return published;
    },
    nextOutcome: (matches = () => true) =>
      new Promise((resolve) => {
        const listener = (outcome: StepOutcome) => {
          if (!matches(outcome)) return;
          listeners.delete(listener);
          resolve(outcome);
        };
        listeners.add(listener);
      }),
    async [Symbol.asyncDispose]() {
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
    },
  };
}

async function listen(
  pubsub: PubSub,
  topic: string,
  hear: (topic: string, message: Message) => void,
): Promise<Subscription> {
  const name = `${topic}.chaos-tap`;
  await pubsub.createSubscription(pubsub.topic(topic), name, { expirationPolicy: {} });
  const subscription = pubsub.subscription(name, { streamingOptions: { maxStreams: 1 } });
  let closing = false;
  const close = subscription.close.bind(subscription);
  subscription.on("message", (message: Message) => hear(topic, message));
  subscription.on("error", () => {
    // The queue may be killed while the tap listens: listen again.
    if (!closing) setTimeout(() => closing || subscription.open(), reopenMs).unref();
  });
  return Object.assign(subscription, {
    close: () => {
      closing = true;
      return close();
    },
  });
}
