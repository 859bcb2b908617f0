import { once } from "node:events";
import type { PubSub } from "@google-cloud/pubsub";
import { createSubscriber, leaseMs, type Subscriber, type SubscriberOptions } from "@segue/queue";
import { backfillPatienceMs } from "@segue/runner";
import type { LiveWork } from "./live-work.ts";

/** Of what is held, and waits for a core then; beside the lease of what runs. */
const heldMs = 2 * backfillPatienceMs;

export interface BackfillSubscriberOptions extends SubscriberOptions {
  readonly live: LiveWork;
  /** `backfillPatienceMs` unless a test is in a hurry. */
  readonly patienceMs?: number;
}

/**
 * Pulls a subscription of what is not urgent: a delivery is handled when nothing live is in hand. Where live work goes on
 * for long, what is held goes back, and the stream is closed until it is over.
 */
export function createBackfillSubscriber(pubsub: PubSub, options: BackfillSubscriberOptions): Subscriber {
  const { live, patienceMs = backfillPatienceMs } = options;
  const draining = new AbortController();
  let pulls: Subscriber | undefined;

  const pullUntilBusy = async () => {
    const busy = new AbortController();
    const stop = AbortSignal.any([draining.signal, busy.signal]);
    const subscriber = createSubscriber(pubsub, {
      ...options,
      leaseMs: heldMs + (options.leaseMs ?? leaseMs),
      async handle(delivery) {
        if (await live.idleWithin(patienceMs, stop)) return options.handle(delivery);
        delivery.nack();
        busy.abort();
      },
    });
    pulls = subscriber;
    if (!stop.aborted) await once(stop, "abort");
    pulls = undefined;
    await subscriber.drain();
  };
  const pulling = (async () => {
    while (!draining.signal.aborted) {
      if (await live.idleWithin(patienceMs, draining.signal)) await pullUntilBusy();
    }
  })();
  return {
    trouble: () => pulls?.trouble(),
    async drain() {
      draining.abort();
      await pulling;
    },
  };
}
