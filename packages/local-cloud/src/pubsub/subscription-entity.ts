import { status } from "@grpc/grpc-js";
import type { AckId } from "./ack-requests.ts";
import { type Arrival, announce } from "./arrival.ts";
import { backoffMs } from "./backoff.ts";
import type { Consumer } from "./consumer.ts";
import type { Entry } from "./entry.ts";
import { type Filter, parseFilter } from "./filter.ts";
import type { GroupCommit } from "./group-commit.ts";
import { DELETED_TOPIC, durationMs, type Subscription } from "./resources.ts";
import { invalidArgument, StatusError } from "./status-error.ts";
import type { BacklogRow, Store } from "./store.ts";
import { SubscriptionQueue } from "./subscription-queue.ts";
import type { TopicEntity } from "./topic-entity.ts";

/** What a subscription needs of the server around it. */
export type SubscriptionContext = {
  readonly store: Store;
  readonly commit: GroupCommit;
  readonly now: () => number;
  /** Asks for a `pump` after the current group of writes. */
  wake(subscription: SubscriptionEntity): void;
  /** The first message after none arrived: its retention runs from now. */
  watchRetention(subscription: SubscriptionEntity): void;
  /**
   * Publishes a failed message to the dead-letter topic, inside the transaction; returns whom to tell after the commit,
   * or null when the topic does not exist.
   */
  deadLetter(subscription: SubscriptionEntity, entry: Entry): readonly Arrival[] | null;
};

type Done = (failure?: StatusError) => void;

/** A subscription in use: its configuration, its messages, and what acks and nacks do to them. */
export class SubscriptionEntity {
  readonly sid: number;
  readonly topic: TopicEntity;
  readonly filter: Filter | null;
  readonly queue: SubscriptionQueue;
  /** Ends an open stream with a status; streams register here. */
  readonly streams = new Set<(reason: StatusError) => void>();
  config: Subscription;
  retentionWatched = false;
  readonly #context: SubscriptionContext;

  constructor(sid: number, config: Subscription, topic: TopicEntity, context: SubscriptionContext) {
    this.sid = sid;
    this.config = config;
    this.topic = topic;
    this.filter = config.filter ? parseFilter(config.filter) : null;
    this.#context = context;
    this.queue = new SubscriptionQueue(this, context.store, context.now);
  }

  get ordered(): boolean {
    return this.config.enableMessageOrdering;
  }
  get countsAttempts(): boolean {
    return this.config.deadLetterPolicy !== undefined;
  }
  get retentionMs(): number {
    return durationMs(this.config.messageRetentionDuration ?? { seconds: 0, nanos: 0 });
  }
  /** The configuration as clients see it: the topic's name goes when the topic goes. */
  get visible(): Subscription {
    return this.topic.retired ? { ...this.config, topic: DELETED_TOPIC } : this.config;
  }

  /** Throws FAILED_PRECONDITION when the subscription is detached. */
  checkAttached(): void {
    if (this.config.detached) {
      throw new StatusError(
        status.FAILED_PRECONDITION,
        `${this.config.name}: expected an attached subscription, came a detached one`,
      );
    }
  }

  arrive(row: BacklogRow): void {
    this.queue.push(row);
    this.#context.wake(this);
    if (!this.retentionWatched) this.#context.watchRetention(this);
  }

  mayHold(id: number): boolean {
    return this.config.retainAckedMessages || this.queue.mayHold(id);
  }

  attach(consumer: Consumer): void {
    this.queue.consumers.add(consumer);
    this.queue.pump();
  }

  /** What the consumer has leased stays leased until the deadline, as when a client goes away. */
  release(consumer: Consumer): void {
    consumer.closed = true;
    this.queue.consumers.delete(consumer);
  }

  /** Acknowledges for good; `done` is called when that is durable. An ack after its lease ended counts too. */
  acknowledge(ackIds: readonly AckId[], done: Done): void {
    const { store, commit } = this.#context;
    for (const { subscription, message } of ackIds) {
      this.#checkOwn(subscription);
      this.queue.remove(message);
    }
    commit.add({
      messages: ackIds.length,
      run: () => {
        for (const { message } of ackIds) this.#forget(store, message);
      },
      done: (failure) => {
        if (failure) this.queue.resync();
        this.#context.wake(this);
        done(failure);
      },
    });
  }

  /** Extends leases to `sec` from now; 0 gives the messages back (nack). Leases that are over are passed over. */
  modifyAckDeadline(ackIds: readonly AckId[], sec: number, done: Done): void {
    if (!(sec >= 0 && sec <= 600)) throw invalidArgument("ackDeadlineSeconds", "0 to 600", sec);
    const failed: Entry[] = [];
    for (const { subscription, message, lease } of ackIds) {
      this.#checkOwn(subscription);
      const entry = this.queue.leased(message, lease);
      if (!entry) continue;
      if (sec > 0) this.queue.extend(entry, this.#context.now() + sec * 1000);
      else failed.push(entry);
    }
    if (failed.length > 0) this.#fail(failed, done);
    else done();
  }

  expired(entries: Entry[]): void {
    this.#fail(entries, () => {});
  }

  /** Ends everything that is open on the subscription. */
  close(reason: StatusError): void {
    for (const end of this.streams) end(reason);
    this.streams.clear();
    this.queue.close();
  }

  #checkOwn(sid: number): void {
    if (sid === this.sid) return;
    throw invalidArgument("ack id", `an ack id of ${this.config.name}`, "one of another subscription");
  }

  /** Nacked and expired messages: count, forward those whose attempts are used up, and put the rest back. */
  #fail(entries: readonly Entry[], done: Done): void {
    const { store, commit } = this.#context;
    const failed: Entry[] = [];
    for (const entry of entries) {
      if (entry.state !== "leased") continue;
      this.queue.beginSettling(entry);
      entry.failures++;
      failed.push(entry);
    }
    const forwarded = new Map<Entry, readonly Arrival[]>();
    commit.add({
      messages: failed.length,
      run: () => {
        for (const entry of failed) {
          const arrivals = this.#isSpent(entry) ? this.#context.deadLetter(this, entry) : null;
          if (arrivals) {
            forwarded.set(entry, arrivals);
            this.#forget(store, entry.id);
          } else store.setFailures(this.sid, entry.id, entry.failures);
        }
      },
      done: (failure) => {
        if (failure) this.queue.resync();
        for (const entry of failed) {
          const arrivals = failure ? undefined : forwarded.get(entry);
          if (arrivals) {
            this.queue.remove(entry.id);
            announce(arrivals);
          } else this.queue.requeue(entry, backoffMs(this.config.retryPolicy, entry.failures));
        }
        this.#context.wake(this);
        done(failure);
      },
    });
  }

  #isSpent(entry: Entry): boolean {
    const policy = this.config.deadLetterPolicy;
    return policy !== undefined && entry.failures >= policy.maxDeliveryAttempts;
  }

  #forget(store: Store, id: number): void {
    if (this.config.retainAckedMessages) return void store.markAcked(this.sid, id);
    if (!store.removeFromBacklog(this.sid, id)) return;
    store.usage.add("settled_messages", { subscription: this.config.name });
    this.topic.forget(store, id, this);
  }
}
