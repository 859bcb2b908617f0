import { followsAttribute, timesReturned, triedAttribute } from "@segue/contracts";

/** A message as it came, with its lease: exactly one of `ack` and `nack` is called, once. */
export interface Delivery {
  readonly id: string;
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly subscription: string;
  /** 1 for the first delivery. */
  readonly deliveryAttempt: number;
  ack(): void;
  /** Gives the message back: it is delivered again after the subscription's backoff. */
  nack(): void;
  /** Frees this delivery's place: while it goes on, another is handled beside it. Nothing happens when there can be none. */
  stepAside(): void;
}

/** Whether its message may have been handled before. */
export function comesAgain({ deliveryAttempt, attributes }: Delivery): boolean {
  return deliveryAttempt > 1 || timesReturned(attributes) > 0 || triedAttribute in attributes;
}

/** Whether what it asks for may have been done before, by a worker that is gone and of which something may still be on its way. */
export function mayFollowAnother(delivery: Delivery): boolean {
  return comesAgain(delivery) || followsAttribute in delivery.attributes;
}
