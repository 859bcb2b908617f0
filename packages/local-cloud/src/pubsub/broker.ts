import { type Arrival, announce } from "./arrival.ts";
import { deadLetterMessage } from "./dead-letter.ts";
import { DueQueue } from "./due-queue.ts";
import type { Entry } from "./entry.ts";
import { GroupCommit } from "./group-commit.ts";
import type { PublishRequest } from "./publish-request.ts";
import { idOf, projectOf } from "./resource-name.ts";
import { Subscription, Topic } from "./resources.ts";
import { notFound, type StatusError } from "./status-error.ts";
import type { Store } from "./store.ts";
import { countRestart } from "./store-deliveries.ts";
import {
  dropBacklog,
  dropOrphans,
  firstBacklogIdSince,
  oldestBacklogMs,
  oldestMessageMs,
} from "./store-sweep.ts";
import { type SubscriptionContext, SubscriptionEntity } from "./subscription-entity.ts";
import { TopicEntity } from "./topic-entity.ts";

/** Something the server does not do, said once: a line of text and fields. */
export type Log = (fields: Record<string, unknown>, message: string) => void;

/** Retention sweeps come no more often than this, in ms; the shortest documented retention is ten minutes. */
const SWEEP_GRAIN_MS = 60_000;

/** All topics and subscriptions, over one store. `now` is in epoch ms. */
export class Broker implements SubscriptionContext {
  readonly store: Store;
  readonly commit: GroupCommit;
  readonly now: () => number;
  readonly topics = new Map<string, TopicEntity>();
  readonly subscriptions = new Map<string, SubscriptionEntity>();
  /** Subscriptions that nobody reads: each holds what a seek to it brings back. */
  readonly snapshots = new Map<string, SubscriptionEntity>();
  readonly #log: Log;
  readonly #awake = new Set<SubscriptionEntity>();
  readonly #retention: DueQueue<SubscriptionEntity | TopicEntity>;
  #publishedMs = 0;

  constructor(store: Store, options: { now: () => number; log: Log }) {
    this.store = store;
    this.now = options.now;
    this.#log = options.log;
    this.commit = new GroupCommit(store, () => this.#pumpAwake());
    this.#retention = new DueQueue((due) => this.#sweep(due), options.now);
    this.#load();
  }

  topic(name: string): TopicEntity {
    const topic = this.topics.get(name);
    if (!topic) throw notFound(idOf(name));
    return topic;
  }

  subscription(name: string): SubscriptionEntity {
    const subscription = this.subscriptions.get(name);
    if (!subscription) throw notFound(idOf(name));
    return subscription;
  }

  /** Stores the messages; `done` gets the first of their consecutive ids once they are durable. */
  publish(request: PublishRequest, done: (failure: StatusError | undefined, firstId: number) => void): void {
    const topic = this.topic(request.topic);
    const arrivals: Arrival[] = [];
    let firstId = 0;
    this.commit.add({
      messages: request.messages.length,
      run: () => {
        firstId = topic.store(this.store, request.messages, this.#publishTime(), arrivals);
      },
      done: (failure) => {
        if (!failure) announce(arrivals);
        done(failure, firstId);
      },
    });
  }

  wake(subscription: SubscriptionEntity): void {
    this.#awake.add(subscription);
  }

  watchRetention(entity: SubscriptionEntity | TopicEntity): void {
    // A topic has no first arrival to watch for: an empty one is looked at again after its retention.
    const oldestMs =
      entity instanceof TopicEntity
        ? (oldestMessageMs(this.store, entity.tid) ?? this.now())
        : oldestBacklogMs(this.store, entity.sid);
    const watch = oldestMs !== null && entity.retentionMs > 0;
    if (entity instanceof SubscriptionEntity) entity.retentionWatched = watch;
    if (watch)
      this.#retention.add(Math.max(oldestMs + entity.retentionMs, this.now() + SWEEP_GRAIN_MS), entity);
  }

  deadLetter(subscription: SubscriptionEntity, entry: Entry): readonly Arrival[] | null {
    const policy = subscription.config.deadLetterPolicy;
    const topic = policy && this.topics.get(policy.deadLetterTopic);
    const body = this.store.body(entry.id);
    if (!policy || !topic || !body) {
      this.#log(
        { subscription: subscription.config.name, topic: policy?.deadLetterTopic },
        "dead-letter topic missing: the message is redelivered",
      );
      return null;
    }
    if (topic.subscriptions.size === 0) {
      this.#log(
        { topic: topic.config.name },
        "dead-letter topic without a subscription: the message is lost",
      );
    }
    const message = deadLetterMessage(body, this.store.orderingKey(entry.id), {
      subscriptionId: idOf(subscription.config.name),
      project: projectOf(subscription.config.name),
      deliveryCount: entry.failures,
      publishedMs: entry.publishedMs,
    });
    const arrivals: Arrival[] = [];
    topic.store(this.store, [message], this.#publishTime(), arrivals);
    return arrivals;
  }

  addTopic(config: Topic): TopicEntity {
    const tid = this.commit.transact(() => this.store.insertTopic(config.name, JSON.stringify(config)));
    const topic = new TopicEntity(tid, config);
    this.topics.set(config.name, topic);
    this.watchRetention(topic);
    return topic;
  }

  addSubscription(config: Subscription, topic: TopicEntity): SubscriptionEntity {
    const sid = this.commit.transact(() =>
      this.store.insertSubscription(config.name, topic.tid, JSON.stringify(config)),
    );
    return this.#register(new SubscriptionEntity(sid, config, topic, this));
  }

  saveTopic(topic: TopicEntity, config: Topic): void {
    this.commit.transact(() => this.store.updateTopic(topic.tid, JSON.stringify(config)));
    topic.config = config;
    this.watchRetention(topic);
  }

  saveSubscription(subscription: SubscriptionEntity, config: Subscription): void {
    this.commit.transact(() => this.store.updateSubscription(subscription.sid, JSON.stringify(config)));
    subscription.config = config;
    subscription.topic.refan();
    this.watchRetention(subscription);
  }

  /** Subscriptions keep what they have; the topic's name becomes free. */
  retireTopic(topic: TopicEntity): void {
    this.commit.transact(() => {
      this.store.retireTopic(topic.tid);
      dropOrphans(this.store, topic.tid, Number.MAX_SAFE_INTEGER);
    });
    this.topics.delete(topic.config.name);
    topic.retired = true;
  }

  removeSubscription(subscription: SubscriptionEntity, reason: StatusError): void {
    this.emptySubscription(subscription, reason);
    this.commit.transact(() => this.store.deleteSubscription(subscription.sid));
    this.#homeOf(subscription).delete(subscription.config.name);
    subscription.topic.subscriptions.delete(subscription);
    subscription.topic.refan();
  }

  /** Ends the streams and forgets the backlog. */
  emptySubscription(subscription: SubscriptionEntity, reason: StatusError): void {
    const { topic } = subscription;
    this.commit.transact(() => {
      dropBacklog(this.store, subscription.sid);
      if (topic.retentionMs === 0) dropOrphans(this.store, topic.tid, Number.MAX_SAFE_INTEGER);
    });
    subscription.close(reason);
    subscription.queue.resync(() => false);
  }

  /** Ends all open streams and waiting pulls; nothing more is delivered. */
  endStreams(reason: StatusError): void {
    for (const subscription of this.subscriptions.values()) subscription.close(reason);
  }

  /** Commits what is pending and closes the store. */
  async close(): Promise<void> {
    this.commit.flush();
    for (const subscription of this.subscriptions.values()) subscription.queue.close();
    this.#retention.clear();
    await this.store.close();
  }

  #load(): void {
    this.commit.transact(() => countRestart(this.store));
    const byId = new Map<number, TopicEntity>();
    for (const { tid, name, config } of this.store.topics()) {
      const topic = new TopicEntity(tid, Topic.parse(JSON.parse(config)));
      topic.retired = name === null;
      byId.set(tid, topic);
      if (name !== null) this.topics.set(name, topic);
      this.watchRetention(topic);
    }
    for (const { sid, tid, config } of this.store.subscriptions()) {
      const topic = byId.get(tid);
      if (!topic) continue;
      const entity = new SubscriptionEntity(sid, Subscription.parse(JSON.parse(config)), topic, this);
      this.watchRetention(this.#register(entity));
    }
  }

  #register(subscription: SubscriptionEntity): SubscriptionEntity {
    this.#homeOf(subscription).set(subscription.config.name, subscription);
    subscription.topic.subscriptions.add(subscription);
    subscription.topic.refan();
    return subscription;
  }

  #homeOf({ config }: SubscriptionEntity): Map<string, SubscriptionEntity> {
    return config.snapshot ? this.snapshots : this.subscriptions;
  }

  /** Publish times never go back, so that ids and times have one order. */
  #publishTime(): number {
    this.#publishedMs = Math.max(this.#publishedMs, this.now());
    return this.#publishedMs;
  }

  #pumpAwake(): void {
    const awake = [...this.#awake];
    this.#awake.clear();
    for (const subscription of awake) subscription.queue.pump();
  }

  /** Drops what is older than its retention. */
  #sweep(due: (SubscriptionEntity | TopicEntity)[]): void {
    for (const entity of new Set(due)) {
      const beforeMs = this.now() - entity.retentionMs;
      if (entity.retentionMs === 0) continue;
      if (entity instanceof TopicEntity) {
        this.commit.transact(() => dropOrphans(this.store, entity.tid, beforeMs));
      } else if (entity.topic.subscriptions.has(entity)) this.#expire(entity, beforeMs);
      this.watchRetention(entity);
    }
  }

  #expire(subscription: SubscriptionEntity, beforeMs: number): void {
    const { topic, sid } = subscription;
    const firstId = firstBacklogIdSince(this.store, sid, beforeMs);
    this.commit.transact(() => {
      dropBacklog(this.store, sid, firstId);
      const orphansMs = topic.retentionMs > 0 ? Math.min(beforeMs, this.now() - topic.retentionMs) : beforeMs;
      dropOrphans(this.store, topic.tid, orphansMs);
    });
    subscription.queue.resync((entry) => entry.id >= firstId);
    subscription.queue.pump();
  }
}
