import { EventEmitter } from "node:events";
import { Duplex } from "node:stream";
import type { PubSub } from "@google-cloud/pubsub";
import type { WorldEvent } from "./event-heap.ts";
import type { Faults } from "./faults.ts";
import type { Consumer, Lease, Publication, SubscriptionQueue } from "./lease.ts";
import type { Owner } from "./owner.ts";
import type { Queue } from "./queue.ts";
import type { Scheduler } from "./scheduler.ts";

interface SubscriptionOptions {
  readonly flowControl?: { readonly maxMessages?: number };
  readonly maxExtensionTime?: { readonly milliseconds?: number };
}

/** The client's own limit of a publication. */
const publishLimitMs = 600_000;
const administerLimitMs = 10_000;
const defaultExtensionMs = 60_000;
const closeLimitMs = 10_000;

/** What the parts of a client share. */
interface Parts {
  readonly queue: Queue;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly owner: Owner;
}

/** Google's client as far as the product uses it, for one process, over the world's queue. */
export function createPubSubClient(parts: Omit<Parts, "owner">): PubSub {
  const own = { ...parts, owner: parts.scheduler.current.root };
  const client = {
    topic: (name: string) => ({
      name,
      publishMessage: (publication: Publication) => publish(own, name, publication),
      getMetadata: async () => [{ name }],
      createSubscription: (
        subscription: string,
        { ackDeadlineSeconds }: { readonly ackDeadlineSeconds: number },
      ) =>
        administer(own, `makes ${subscription}`, () =>
          own.queue.subscribe({
            ...{ name: subscription, topic: name, filter: "", ackDeadlineSec: ackDeadlineSeconds },
            ...{ retry: { minBackoffSec: 0, maxBackoffSec: 0 }, deadLetter: null, isOneProcess: true },
          }),
        ),
    }),
    subscription: (name: string, options: SubscriptionOptions = {}) =>
      new SimSubscription(own, name, options),
    async close() {},
  };
  // The rest of its surface is nobody's here: a call of it fails by name.
  return client as unknown as PubSub;
}

/** Tried again until the queue confirms it: what it took and could not confirm is there twice. */
function publish(parts: Parts, topic: string, publication: Publication): Promise<string> {
  const { scheduler, faults, owner, queue } = parts;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const giveUpAtMs = scheduler.nowMs + publishLimitMs;
  const attempt = () => {
    const fate = faults.publication();
    scheduler.plan(scheduler.outside, fate.thereMs, "", () => {
      if (fate.arrives) {
        const id = queue.publish(topic, publication);
        faults.onEffect(owner);
        if (fate.confirms) {
          scheduler.plan(owner, fate.backMs, `confirmed ${id}`, () => resolve(id));
          return;
        }
      }
      scheduler.plan(owner, fate.retryMs, `publishes on ${topic} again`, () => {
        if (scheduler.nowMs >= giveUpAtMs) reject(new Error(`${topic}: the queue did not answer in time`));
        else attempt();
      });
    });
  };
  attempt();
  return promise;
}

/** Done by the server, or, while it is away, refused in time. */
function administer({ scheduler, faults, owner }: Parts, what: string, act: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const isAway = faults.away.has("queue");
  scheduler.plan(
    scheduler.outside,
    isAway ? administerLimitMs : faults.networkMs(),
    `${what} for ${owner.name}`,
    () => {
      if (!isAway) act();
      scheduler.plan(owner, faults.networkMs(), "", () =>
        isAway ? reject(new Error(`${what}: the queue did not answer in time`)) : resolve(),
      );
    },
  );
  return promise;
}

/** A stream's socket: half-closed by its reader, it ends when all that the server has sent is there. */
class SimStream extends Duplex {
  onHalfClose: () => void = () => {};

  override _read(): void {}
  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
  override _final(done: () => void): void {
    this.onHalfClose();
    done();
  }
}

class SimSubscription extends EventEmitter implements Consumer {
  readonly owner: Owner;
  readonly maxMessages: number;
  readonly held = new Set<Lease>();
  isOpen = false;
  /** Where the real client keeps its streams. */
  _subscriber: { _stream: { _streams: { stream: SimStream }[] } };
  readonly #parts: Parts;
  readonly #name: string;
  readonly #extendMs: number;
  readonly #unsettled = new Set<SimMessage>();
  #queue: SubscriptionQueue | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: Parts, name: string, options: SubscriptionOptions) {
    super();
    this.#parts = parts;
    this.#name = name;
    this.owner = parts.owner;
    this.maxMessages = options.flowControl?.maxMessages ?? 1_000;
    this.#extendMs = options.maxExtensionTime?.milliseconds ?? defaultExtensionMs;
    this._subscriber = { _stream: { _streams: [] } };
  }

  override on(event: string | symbol, listener: (...values: never[]) => void): this {
    super.on(event, listener as (...values: unknown[]) => void);
    if (event === "message" && !this.#queue) this.open();
    return this;
  }

  open(): void {
    const { scheduler, queue, faults } = this.#parts;
    this.isOpen = true;
    this.#closing = undefined;
    const stream = new SimStream();
    this._subscriber = { _stream: { _streams: [{ stream }] } };
    stream.onHalfClose = () => {
      if (this.#queue) queue.disconnect(this.#queue, this);
      // All that was sent before is there by then.
      scheduler.plan(this.owner, faults.longestNetworkMs, "stream ends", () => stream.push(null));
    };
    scheduler.plan(this.owner, faults.networkMs(), `pulls ${this.#name}`, () => {
      this.#queue = queue.connect(this.#name, this);
      if (!this.#queue) this.emit("error", new Error(`no subscription ${this.#name}`));
    });
  }

  take(lease: Lease): void {
    const { queue, scheduler } = this.#parts;
    if (lease.isOver || !this.#queue) return;
    const message = new SimMessage(this.#parts, lease, () => this.#unsettled.delete(message));
    this.#unsettled.add(message);
    // The client extends leases by itself, for as long as it may; then the server counts on from the last extension.
    const isLost = this.#parts.faults.losesExtension();
    const extendMs = isLost ? scheduler.current.random.unit() * this.#extendMs : this.#extendMs;
    const afterMs = extendMs + this.#queue.ackDeadlineSec * 1_000;
    queue.letExpire(lease, afterMs, isLost ? "an extension was lost" : undefined);
    this.emit("message", message);
  }

  delete(): Promise<void> {
    return administer(this.#parts, `deletes ${this.#name}`, () => this.#parts.queue.unsubscribe(this.#name));
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    const { queue, scheduler } = this.#parts;
    if (this.#queue) queue.disconnect(this.#queue, this);
    this.isOpen = false;
    const settled = Promise.all([...this.#unsettled].map((message) => message.settled.promise));
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const limit = scheduler.plan(this.owner, closeLimitMs, "closes late", resolve);
    await Promise.race([settled, late]);
    scheduler.cancel(limit);
    this.#queue = undefined;
    this.emit("close");
  }
}

class SimMessage {
  readonly id: string;
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly publishTime: Date;
  readonly deliveryAttempt: number;
  /** When the ack or nack is sent, as the client's own batches do. */
  readonly settled = Promise.withResolvers<void>();
  readonly #parts: Parts;
  readonly #lease: Lease;
  readonly #onSettled: () => void;
  #sending: WorldEvent | undefined;

  constructor(parts: Parts, lease: Lease, onSettled: () => void) {
    const { message } = lease.entry;
    this.id = message.id;
    this.data = message.data;
    this.attributes = message.attributes;
    this.publishTime = new Date(message.publishedAtMs);
    this.deliveryAttempt = lease.attempt;
    this.#parts = parts;
    this.#lease = lease;
    this.#onSettled = onSettled;
  }

  ack(): void {
    this.#parts.faults.onAckCalled(this.#lease);
    this.#send("ack", (lease) => this.#parts.queue.ack(lease));
  }

  nack(): void {
    this.#send("nack", (lease) => this.#parts.queue.nack(lease));
  }

  #send(what: "ack" | "nack", arrive: (lease: Lease) => void): void {
    if (this.#sending) return;
    const { scheduler, faults, owner } = this.#parts;
    const fate = faults.settlement();
    // Waits for company in the process, and dies with it.
    this.#sending = scheduler.plan(owner, fate.batchMs, "", () => {
      this.#onSettled();
      this.settled.resolve();
      if (fate.arrives)
        scheduler.plan(scheduler.outside, fate.thereMs, `${what} of ${this.id} from ${owner.name}`, () => {
          arrive(this.#lease);
          faults.onEffect(owner);
        });
      else this.#parts.queue.letExpire(this.#lease, 10_000, "its settlement was lost");
    });
  }
}
