import { parseFilter } from "../../../packages/local-cloud/src/pubsub/filter.ts";
import type { Faults } from "./faults.ts";
import type {
  Consumer,
  Entry,
  Lease,
  Publication,
  QueuedMessage,
  SubscriptionQueue,
  SubscriptionSettings,
} from "./lease.ts";
import type { Owner } from "./owner.ts";
import type { Scheduler } from "./scheduler.ts";

/**
 * Pub/Sub as it is documented, and as hostile as that allows: at least once, in any order, with leases that run out, acks
 * that are lost or late, backoff, and a dead-letter policy by delivery attempts. Durable: what it has confirmed it keeps.
 */
export class Queue {
  readonly subscriptions = new Map<string, SubscriptionQueue>();
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  #lastId = 0;
  published = 0;
  /** Hears of what is removed for good, before it is. */
  onAcked: (entry: Entry, lease: Lease) => void = () => {};
  onPublished: (message: QueuedMessage) => void = () => {};
  /** Hears of leases that run out while somebody has them. */
  onRunOut: (lease: Lease) => void = () => {};

  constructor(scheduler: Scheduler, faults: Faults) {
    this.#scheduler = scheduler;
    this.#faults = faults;
  }

  subscribe(settings: SubscriptionSettings): void {
    const accept = settings.filter ? parseFilter(settings.filter) : () => true;
    this.subscriptions.set(settings.name, {
      ...settings,
      accepts: (attributes) => accept(new Map(Object.entries(attributes))),
      entries: new Set(),
      consumers: new Set(),
      wakeUp: undefined,
    });
  }

  unsubscribe(name: string): void {
    for (const entry of this.subscriptions.get(name)?.entries ?? []) this.#remove(entry);
    this.subscriptions.delete(name);
  }

  publish(topic: string, publication: Publication): string {
    this.#lastId += 1;
    this.published += 1;
    const id = String(this.#lastId);
    const message = {
      ...publication,
      id,
      topic,
      publishedAtMs: this.#scheduler.wallMs(this.#scheduler.outside),
    };
    for (const subscription of this.subscriptions.values()) {
      if (subscription.topic !== topic || !subscription.accepts(message.attributes)) continue;
      const availableAtMs = this.#scheduler.nowMs + this.#faults.deliveryDelayMs();
      subscription.entries.add({
        message,
        subscription,
        deliveries: 0,
        failures: 0,
        availableAtMs,
        leases: new Set(),
      });
      this.#wake(subscription);
    }
    this.#scheduler.note(`published ${id} on ${topic}`);
    this.onPublished(message);
    return id;
  }

  connect(name: string, consumer: Consumer): SubscriptionQueue | undefined {
    const subscription = this.subscriptions.get(name);
    subscription?.consumers.add(consumer);
    if (subscription) this.#wake(subscription);
    return subscription;
  }

  disconnect(subscription: SubscriptionQueue, consumer: Consumer): void {
    consumer.isOpen = false;
    subscription.consumers.delete(consumer);
  }

  ack(lease: Lease): void {
    const { entry } = lease;
    // Of a lease that has run out, an ack may count or not.
    if (lease.isOver && this.#faults.ignoresOldAck()) return;
    this.#end(lease);
    if (!entry.subscription.entries.has(entry)) return;
    this.onAcked(entry, lease);
    this.#remove(entry);
  }

  nack(lease: Lease): void {
    if (lease.isOver) return;
    this.#end(lease);
    this.#comeAgain(lease.entry);
  }

  /** A lease runs out after so long. @param excuse why its client does not extend it; undefined where it is held for as long as it may be. */
  letExpire(lease: Lease, afterMs: number, excuse?: string): void {
    if (lease.isOver) return;
    lease.excuse = excuse;
    if (lease.expiry) this.#scheduler.cancel(lease.expiry);
    const { outside } = this.#scheduler;
    lease.expiry = this.#scheduler.plan(outside, afterMs, "", () => {
      if (lease.isOver) return;
      this.#scheduler.note(`lease of ${lease.entry.message.id} runs out at ${lease.client.owner.name}`);
      this.onRunOut(lease);
      this.#end(lease);
      this.#comeAgain(lease.entry);
    });
  }

  /** All leases of a process. */
  leasesOf(owner: Owner): Lease[] {
    const leases: Lease[] = [];
    for (const { entries } of this.subscriptions.values())
      for (const entry of entries)
        for (const lease of entry.leases) if (lease.client.owner.root === owner.root) leases.push(lease);
    return leases;
  }

  #end(lease: Lease): void {
    if (lease.isOver) return;
    lease.isOver = true;
    if (lease.expiry) this.#scheduler.cancel(lease.expiry);
    lease.entry.leases.delete(lease);
    lease.client.held.delete(lease);
    this.#wake(lease.entry.subscription);
  }

  #comeAgain(entry: Entry): void {
    const { subscription } = entry;
    if (!subscription.entries.has(entry) || entry.leases.size > 0) return;
    entry.failures += 1;
    const { deadLetter, retry } = subscription;
    if (deadLetter && entry.deliveries >= deadLetter.maxDeliveryAttempts) {
      this.#giveUp(entry, deadLetter.topic);
      return;
    }
    const backoffSec = Math.min(retry.maxBackoffSec, retry.minBackoffSec * 2 ** (entry.failures - 1));
    entry.availableAtMs = this.#scheduler.nowMs + backoffSec * 1_000 * this.#faults.backoffShare();
    this.#wake(subscription);
  }

  #giveUp(entry: Entry, topic: string): void {
    const { subscription, message } = entry;
    this.#scheduler.note(`${subscription.name} gives ${message.id} up`);
    this.publish(topic, {
      data: message.data,
      attributes: {
        ...message.attributes,
        CloudPubSubDeadLetterSourceSubscription: subscription.name,
        CloudPubSubDeadLetterSourceDeliveryCount: String(entry.deliveries),
      },
    });
    this.#remove(entry);
  }

  #remove(entry: Entry): void {
    for (const lease of [...entry.leases]) {
      lease.isOver = true;
      if (lease.expiry) this.#scheduler.cancel(lease.expiry);
      lease.client.held.delete(lease);
    }
    entry.leases.clear();
    entry.subscription.entries.delete(entry);
    this.#wake(entry.subscription);
  }

  /** Looks, as soon as something may be delivered, for who can take it. */
  #wake(subscription: SubscriptionQueue): void {
    if (subscription.entries.size === 0 || this.#takersOf(subscription).length === 0) return;
    const { nowMs, outside } = this.#scheduler;
    let soonestMs = Number.POSITIVE_INFINITY;
    for (const entry of subscription.entries)
      if (entry.leases.size === 0) soonestMs = Math.min(soonestMs, entry.availableAtMs);
    if (soonestMs === Number.POSITIVE_INFINITY) return;
    const atMs = Math.max(nowMs, soonestMs);
    if (subscription.wakeUp?.action && subscription.wakeUp.atMs <= atMs) return;
    if (subscription.wakeUp) this.#scheduler.cancel(subscription.wakeUp);
    subscription.wakeUp = this.#scheduler.plan(outside, atMs - nowMs, "", () =>
      this.#deliverAll(subscription),
    );
  }

  #deliverAll(subscription: SubscriptionQueue): void {
    subscription.wakeUp = undefined;
    const { nowMs, outside } = this.#scheduler;
    for (;;) {
      const ready = [...subscription.entries].filter(
        (entry) => entry.leases.size === 0 && entry.availableAtMs <= nowMs,
      );
      const takers = this.#takersOf(subscription);
      if (ready.length === 0 || takers.length === 0) break;
      const entry = outside.random.pick(ready);
      const consumer = outside.random.pick(takers);
      this.#deliver(entry, consumer);
      const second = this.#faults.deliversTwice() && takers.find((other) => other !== consumer);
      if (second) this.#deliver(entry, second);
    }
    this.#wake(subscription);
  }

  /** Whoever has room. */
  #takersOf({ consumers }: SubscriptionQueue): Consumer[] {
    return [...consumers].filter(
      ({ isOpen, owner, held, maxMessages }) => isOpen && owner.isAlive && held.size < maxMessages,
    );
  }

  #deliver(entry: Entry, client: Consumer): void {
    entry.deliveries += 1;
    const lease: Lease = {
      entry,
      client,
      attempt: entry.deliveries,
      deliveredAtMs: this.#scheduler.nowMs,
      expiry: undefined,
      excuse: undefined,
      isOver: false,
    };
    entry.leases.add(lease);
    client.held.add(lease);
    const what = `${entry.message.id} of ${entry.subscription.name}, delivery ${entry.deliveries}`;
    const onItsWay = this.#scheduler.plan(client.owner, this.#faults.networkMs(), `gets ${what}`, () =>
      client.take(lease),
    );
    // Whoever dies before it comes has never extended it; a stream that is closed does not take it either.
    this.letExpire(
      lease,
      entry.subscription.ackDeadlineSec * 1_000 + (onItsWay.atMs - this.#scheduler.nowMs),
      "on its way",
    );
  }
}
