import { formatAckId } from "./ack-requests.ts";
import type { Consumer } from "./consumer.ts";
import { ConsumerSet } from "./consumer-set.ts";
import { Deque } from "./deque.ts";
import { DueQueue } from "./due-queue.ts";
import type { Entry, Lane } from "./entry.ts";
import { LeaseBook } from "./lease-book.ts";
import { deliverable, enqueue, Lanes, settle, withdrawAfter } from "./ordering-lane.ts";
import type { BacklogRow, Store } from "./store.ts";
import { DeliveryMark } from "./store-deliveries.ts";

/**
 * What waits in memory per subscription that is being read; the rest of a backlog stays on disk. Reading a message back
 * costs about as much as storing it, so a reader that is a few thousand messages behind should not need to.
 */
const WINDOW_BYTES = 8 * 1024 * 1024;
const WINDOW_MESSAGES = 10_000;
/** A refill reads less than the window, so that it does not hold up the event loop for long. */
const REFILL_MESSAGES = 1000;
const REFILL_BYTES = 2 * 1024 * 1024;

/** What the queue asks of the subscription it belongs to. */
export type QueueOwner = {
  readonly sid: number;
  readonly ordered: boolean;
  /** True when deliveries carry their attempt number (a dead-letter policy is set). */
  readonly countsAttempts: boolean;
  /** Leases ran out: count a failure for each, as for nacks. */
  expired(entries: Entry[]): void;
};

/** The messages of one subscription on their way: what is ready, leased or waiting for its backoff. */
export class SubscriptionQueue {
  readonly #owner: QueueOwner;
  readonly #store: Store;
  readonly #now: () => number;
  readonly #entries = new Map<number, Entry>();
  readonly #lanes = new Lanes();
  readonly #ready = new Deque<Entry | Lane>();
  readonly #leases: LeaseBook;
  readonly #mark: DeliveryMark;
  readonly #delayed: DueQueue<Entry | Lane>;
  readonly consumers = new ConsumerSet();
  /** Bodies held by ready entries. */
  #heldBytes = 0;
  /** Unacknowledged messages with higher ids than the cursor are on disk only. */
  #cursor = 0;
  #onDisk = true;
  /** Never repeats across restarts, so that an old ack id cannot end a new lease. */
  #lease = Date.now();

  constructor(owner: QueueOwner, store: Store, now: () => number) {
    this.#owner = owner;
    this.#store = store;
    this.#now = now;
    this.#mark = new DeliveryMark(store, owner.sid);
    this.#leases = new LeaseBook((entries) => owner.expired(entries), now);
    this.#delayed = new DueQueue((items) => this.#release(items), now);
  }

  /** Takes in a message that has just been committed; one that does not fit the window is found on disk later. */
  push(row: BacklogRow): void {
    if (this.#onDisk || row.id <= this.#cursor) return;
    if (this.#heldBytes >= WINDOW_BYTES || this.#ready.length >= WINDOW_MESSAGES) {
      this.#onDisk = true;
      return;
    }
    this.#cursor = row.id;
    this.#admit(row);
  }

  /** True if the subscription may still hold the message: asked before its payload is deleted. */
  mayHold(id: number): boolean {
    return this.#entries.has(id) || (this.#onDisk && id > this.#cursor);
  }

  /** The entry under a lease, or null when the lease is over. */
  leased(id: number, lease: number): Entry | null {
    const entry = this.#entries.get(id);
    return entry?.state === "leased" && entry.lease === lease ? entry : null;
  }

  extend(entry: Entry, deadlineMs: number): void {
    this.#leases.setDeadline(entry, deadlineMs);
  }

  /** The message is done with, whatever state it is in. */
  remove(id: number): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    if (entry.state === "leased") this.#endLease(entry);
    this.#drop(entry);
    if (entry.lane) this.#lanes.forgetIdle(entry.lane);
  }

  /** A leased message failed; until `requeue` or `remove` it is in nobody's hands. */
  beginSettling(entry: Entry): void {
    this.#endLease(entry);
    entry.state = "settling";
    if (!entry.lane) return;
    for (const later of withdrawAfter(entry.lane, entry.id)) {
      this.#endLease(later);
      later.state = "ready";
      enqueue(entry.lane, later);
    }
    // Blocks the lane until the failure is committed: a later message must not overtake this one.
    entry.lane.delayed = true;
  }

  /** Puts a settled message back, `delayMs` from now. */
  requeue(entry: Entry, delayMs: number): void {
    if (entry.state !== "settling") return;
    entry.state = delayMs > 0 ? "delayed" : "ready";
    if (entry.lane) {
      enqueue(entry.lane, entry);
      if (delayMs > 0) this.#delayed.add(this.#now() + delayMs, entry.lane);
      else this.#unblock(entry.lane);
    } else if (delayMs > 0) this.#delayed.add(this.#now() + delayMs, entry);
    else this.#ready.push(entry);
  }

  /** Forgets everything but the leases and reads the backlog from disk again: after a seek, a sweep or a failed write. */
  resync(keepLease: (entry: Entry) => boolean = () => true): void {
    this.#ready.clear();
    this.#delayed.clear();
    const leased = [...this.#leases];
    for (const entry of this.#entries.values()) if (entry.state !== "leased") entry.state = "gone";
    this.#entries.clear();
    this.#heldBytes = 0;
    const kept = leased.filter((entry) => keepLease(entry));
    for (const entry of kept) this.#entries.set(entry.id, entry);
    this.#lanes.keep(kept);
    for (const entry of leased) {
      if (this.#entries.has(entry.id)) continue;
      this.#endLease(entry);
      entry.state = "gone";
    }
    this.#cursor = 0;
    this.#onDisk = true;
  }

  /** Hands out what can be handed out now. */
  pump(): void {
    if (this.consumers.size === 0) return;
    for (;;) {
      const item = this.#nextReady();
      if (!item) break;
      const outcome =
        "key" in item ? this.#serveLane(item) : this.#serve(item, this.consumers.pick(item.bytes));
      if (outcome === "no room") break;
      this.#ready.shift();
    }
    this.consumers.flush();
  }

  close(): void {
    this.#leases.close();
    this.#delayed.clear();
    this.consumers.clear();
  }

  #admit(row: BacklogRow): void {
    const keep = this.#heldBytes < WINDOW_BYTES;
    const entry: Entry = {
      id: row.id,
      publishedMs: row.publishedMs,
      bytes: row.body.length,
      lane: this.#owner.ordered && row.orderingKey !== "" ? this.#lanes.of(row.orderingKey) : null,
      body: keep ? row.body : null,
      failures: row.failures,
      restarts: row.restarts,
      state: "ready",
      lease: 0,
      deadlineMs: 0,
      consumer: null,
    };
    if (keep) this.#heldBytes += entry.bytes;
    this.#entries.set(entry.id, entry);
    if (!entry.lane) this.#ready.push(entry);
    else {
      enqueue(entry.lane, entry);
      this.#queueLane(entry.lane);
    }
  }

  /** The head of the ready queue, filled from disk when it runs dry; undefined when nothing is ready. */
  #nextReady(): Entry | Lane | undefined {
    for (;;) {
      const head = this.#ready.peek();
      if (!head) {
        if (!this.#onDisk || !this.consumers.hasRoom() || !this.#refill()) return undefined;
      } else if ("key" in head || head.state === "ready") return head;
      else this.#ready.shift();
    }
  }

  /** Reads the next part of the backlog; true if anything was read. */
  #refill(): boolean {
    let rows = 0;
    let bytes = 0;
    let full = false;
    for (const row of this.#store.unacked(this.#owner.sid, this.#cursor, REFILL_MESSAGES)) {
      rows++;
      this.#cursor = row.id;
      if (!this.#entries.has(row.id)) this.#admit(row);
      bytes += row.body.length;
      full = rows === REFILL_MESSAGES || bytes >= REFILL_BYTES;
      if (full) break;
    }
    this.#onDisk = full;
    return rows > 0;
  }

  #serve(entry: Entry, consumer: Consumer | null): "served" | "no room" {
    if (!consumer) return "no room";
    const body = entry.body ?? this.#store.body(entry.id);
    if (entry.body) this.#heldBytes -= entry.bytes;
    entry.body = null;
    if (!body) {
      this.#drop(entry);
      return "served";
    }
    if (this.#owner.countsAttempts) this.#mark.pass(entry.id);
    entry.state = "leased";
    entry.lease = ++this.#lease;
    entry.consumer = consumer;
    consumer.count(entry.bytes, 1);
    this.consumers.served(consumer);
    this.#leases.add(entry, this.#now() + consumer.leaseMs);
    consumer.take({
      ackId: formatAckId(this.#owner.sid, entry.id, entry.lease),
      body,
      id: String(entry.id),
      publishedMs: entry.publishedMs,
      deliveryAttempt: this.#owner.countsAttempts ? entry.failures + entry.restarts + 1 : 0,
    });
    return "served";
  }

  #serveLane(lane: Lane): "served" | "no room" {
    for (let entry = deliverable(lane); entry; entry = deliverable(lane)) {
      const held = lane.outstanding.size > 0;
      const consumer = held ? lane.holder : this.consumers.pick(entry.bytes);
      // A lane whose holder is full or gone waits for its own outstanding messages, not at the head of the queue.
      if (held && !consumer?.fits(entry.bytes)) break;
      if (this.#serve(entry, consumer) === "no room") return "no room";
      lane.pending.shift();
      if (entry.state !== "leased") continue;
      lane.outstanding.add(entry);
      lane.holder = consumer;
    }
    lane.queued = false;
    this.#lanes.forgetIdle(lane);
    return "served";
  }

  #queueLane(lane: Lane): void {
    if (lane.queued || lane.delayed || lane.pending.length === 0) return;
    lane.queued = true;
    this.#ready.push(lane);
  }

  #unblock(lane: Lane): void {
    lane.delayed = false;
    this.#queueLane(lane);
  }

  #release(items: (Entry | Lane)[]): void {
    for (const item of items) {
      if ("key" in item) {
        for (const entry of item.pending) if (entry.state === "delayed") entry.state = "ready";
        this.#unblock(item);
      } else if (item.state === "delayed") {
        item.state = "ready";
        this.#ready.push(item);
      }
    }
    this.pump();
  }

  #endLease(entry: Entry): void {
    this.#leases.delete(entry);
    entry.consumer?.count(entry.bytes, -1);
    entry.consumer = null;
    if (!entry.lane) return;
    settle(entry.lane, entry);
    this.#queueLane(entry.lane);
  }

  #drop(entry: Entry): void {
    const wasSettling = entry.state === "settling";
    if (entry.body) this.#heldBytes -= entry.bytes;
    entry.body = null;
    entry.state = "gone";
    this.#entries.delete(entry.id);
    if (entry.lane && wasSettling) this.#unblock(entry.lane);
  }
}
