import { type PublishedMessage, readAttributes } from "./publish-request.ts";
import { durationMs, type Topic } from "./resources.ts";
import type { Store } from "./store.ts";
import type { SubscriptionEntity } from "./subscription-entity.ts";
import { stampMessage } from "./wire-writer.ts";

/** A topic in use, with the subscriptions that its messages fan out to. */
export class TopicEntity {
  readonly tid: number;
  readonly subscriptions = new Set<SubscriptionEntity>();
  config: Topic;
  /** True once deleted, while subscriptions still hold its messages. */
  retired = false;

  constructor(tid: number, config: Topic) {
    this.tid = tid;
    this.config = config;
  }

  /** How long messages stay for seek whatever happens to them, in ms; 0 without topic retention. */
  get retentionMs(): number {
    const retention = this.config.messageRetentionDuration;
    return retention && !this.retired ? durationMs(retention) : 0;
  }

  /**
   * Stores a message and its backlog rows, inside a transaction, and returns its id with what must happen after the
   * commit: the subscriptions take it into memory.
   */
  store(store: Store, message: PublishedMessage, publishedMs: number): { id: number; committed(): void } {
    const { request, start, end, orderingKey } = message;
    const id = store.takeId();
    const targets = this.#targets(message);
    if (targets.length === 0 && this.retentionMs === 0) return { id, committed: () => {} };
    const body = stampMessage(request, start, end, id, publishedMs);
    store.insertMessage(id, this.tid, publishedMs, orderingKey, body);
    for (const target of targets) store.addToBacklog(target.sid, id);
    const row = { id, failures: 0, publishedMs, orderingKey, body };
    return {
      id,
      committed() {
        for (const target of targets) target.arrive(row);
      },
    };
  }

  /** Deletes a message's payload, inside a transaction, unless somebody else still needs it. */
  forget(store: Store, id: number, by: SubscriptionEntity): void {
    if (this.retentionMs > 0) return;
    for (const other of this.subscriptions) {
      if (other !== by && other.mayHold(id) && store.holds(other.sid, id)) return;
    }
    store.deleteMessage(id);
  }

  #targets({ request, start, end }: PublishedMessage): SubscriptionEntity[] {
    const targets: SubscriptionEntity[] = [];
    // Attributes are decoded once, and only when a subscription filters by them.
    let attributes: Map<string, string> | null = null;
    for (const subscription of this.subscriptions) {
      if (subscription.config.detached) continue;
      if (subscription.filter) {
        attributes ??= readAttributes(request, start, end);
        if (!subscription.filter(attributes)) continue;
      }
      targets.push(subscription);
    }
    return targets;
  }
}
