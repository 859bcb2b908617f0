import { type PublishedMessage, readAttributes } from "./publish-request.ts";
import { durationMs, type Topic } from "./resources.ts";
import type { BacklogRow, Store } from "./store.ts";
import type { SubscriptionEntity } from "./subscription-entity.ts";

/** A stored message that a subscription takes into memory once it is durable. */
export type Arrival = { readonly subscription: SubscriptionEntity; readonly row: BacklogRow };

/** Tells each subscription of what is now durable. */
export function announce(arrivals: readonly Arrival[]): void {
  for (const { subscription, row } of arrivals) subscription.arrive(row);
}

/** A topic in use, with the subscriptions that its messages fan out to. */
export class TopicEntity {
  readonly tid: number;
  readonly subscriptions = new Set<SubscriptionEntity>();
  #attached: readonly SubscriptionEntity[] = [];
  #filtered = false;
  config: Topic;
  /** True once deleted, while subscriptions still hold its messages. */
  retired = false;

  constructor(tid: number, config: Topic) {
    this.tid = tid;
    this.config = config;
  }

  /** To be called when a subscription came, went or was detached. */
  refan(): void {
    this.#attached = [...this.subscriptions].filter(({ config }) => !config.detached);
    this.#filtered = this.#attached.some(({ filter }) => filter !== null);
  }

  /** How long messages stay for seek whatever happens to them, in ms; 0 without topic retention. */
  get retentionMs(): number {
    const retention = this.config.messageRetentionDuration;
    return retention && !this.retired ? durationMs(retention) : 0;
  }

  /**
   * Stores a message and its backlog rows, inside a transaction, and returns its id. Once that has committed, `arrivals`
   * have to be told.
   */
  store(store: Store, message: PublishedMessage, publishedMs: number, arrivals: Arrival[]): number {
    const { request, start, end, orderingKey } = message;
    const id = store.takeId();
    const targets = this.#targets(message);
    if (targets.length === 0 && this.retentionMs === 0) return id;
    const body = request.subarray(start, end);
    store.insertMessage(id, this.tid, publishedMs, orderingKey, body);
    const row = { id, failures: 0, publishedMs, orderingKey, body };
    for (const subscription of targets) {
      store.addToBacklog(subscription.sid, id);
      arrivals.push({ subscription, row });
    }
    return id;
  }

  /** Deletes a message's payload, inside a transaction, unless somebody else still needs it. */
  forget(store: Store, id: number, by: SubscriptionEntity): void {
    if (this.retentionMs > 0) return;
    for (const other of this.subscriptions) {
      if (other !== by && other.mayHold(id) && store.holds(other.sid, id)) return;
    }
    store.deleteMessage(id);
  }

  #targets({ request, start, end }: PublishedMessage): readonly SubscriptionEntity[] {
    if (!this.#filtered) return this.#attached;
    // Attributes are decoded once, and only when a subscription filters by them.
    const attributes = readAttributes(request, start, end);
    return this.#attached.filter(({ filter }) => !filter || filter(attributes));
  }
}
