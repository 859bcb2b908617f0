import type { Subscription } from "./resources.ts";
import type { BacklogRow } from "./store.ts";

/** What a topic needs to know of a subscription. */
export type Listener = {
  readonly sid: number;
  readonly config: Subscription;
  /** Null: it takes everything. */
  readonly filter: ((attributes: ReadonlyMap<string, string>) => boolean) | null;
  arrive(row: BacklogRow): void;
  /** Asked before a message's payload is deleted. */
  mayHold(id: number): boolean;
};

/** A stored message that a subscription takes into memory once it is durable. */
export type Arrival = { readonly subscription: Listener; readonly row: BacklogRow };

/** Tells each subscription of what is now durable. */
export function announce(arrivals: readonly Arrival[]): void {
  for (const { subscription, row } of arrivals) subscription.arrive(row);
}
