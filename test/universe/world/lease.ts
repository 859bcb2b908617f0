import type { WorldEvent } from "./event-heap.ts";
import type { Owner } from "./owner.ts";

export interface Publication {
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface QueuedMessage extends Publication {
  readonly id: string;
  readonly topic: string;
  readonly publishedAtMs: number;
}

/** A message at one subscription, until it is acked. */
export interface Entry {
  readonly message: QueuedMessage;
  readonly subscription: SubscriptionQueue;
  deliveries: number;
  /** Nacks and leases that ran out in a row. */
  failures: number;
  availableAtMs: number;
  readonly leases: Set<Lease>;
}

/** A message that is out with a client. */
export interface Lease {
  readonly entry: Entry;
  readonly client: Consumer;
  readonly attempt: number;
  readonly deliveredAtMs: number;
  expiry: WorldEvent | undefined;
  /** Why it may run out before its time: nobody is there, stands still, or has let go of it. */
  excuse: string | undefined;
  isOver: boolean;
}

/** A stream that is pulled, as the server sees it. */
export interface Consumer {
  readonly owner: Owner;
  readonly maxMessages: number;
  readonly held: Set<Lease>;
  isOpen: boolean;
  take(lease: Lease): void;
}

export interface SubscriptionSettings {
  readonly name: string;
  readonly topic: string;
  readonly filter: string;
  readonly ackDeadlineSec: number;
  readonly retry: { readonly minBackoffSec: number; readonly maxBackoffSec: number };
  readonly deadLetter: { readonly topic: string; readonly maxDeliveryAttempts: number } | null;
  /** Made by a process for itself: when that is gone, nobody ever pulls it again. */
  readonly isOneProcess?: boolean;
}

export interface SubscriptionQueue extends SubscriptionSettings {
  accepts(attributes: Readonly<Record<string, string>>): boolean;
  readonly entries: Set<Entry>;
  readonly consumers: Set<Consumer>;
  wakeUp: WorldEvent | undefined;
}
