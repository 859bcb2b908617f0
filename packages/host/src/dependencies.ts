import { type Names, tracksTopic } from "@segue/chain";
import type { AnyStep, ServiceContext } from "@segue/step";
import type { Dependency } from "@segue/telemetry";

/** gRPC's number of the answer that says no more than that the queue is there. */
const permissionDenied = 7;
const answerMs = 10_000;

type Context = Pick<ServiceContext, "chain" | "names" | "pubsub" | "store">;

/**
 * Queue: what this process pulls or publishes to is there. A refusal is an answer: workers need no right to read
 * descriptions of their subscriptions. Whether they may pull, those who pull tell (`Subscriber.trouble`).
 *
 * @param steps of a worker; null for a server, which publishes.
 */
export function queueOf({ chain, names, pubsub }: Context, steps: readonly AnyStep[] | null): Dependency {
  const options = { timeout: answerMs, maxRetries: 0 };
  const subscription = steps && firstSubscription(chain, names, steps);
  const target = subscription ? pubsub.subscription(subscription) : pubsub.topic(names.topic(tracksTopic));
  return {
    name: "queue",
    async check() {
      try {
        await target.getMetadata(options);
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === permissionDenied) return;
        throw error;
      }
    },
  };
}

function firstSubscription(
  chain: ServiceContext["chain"],
  names: Names,
  steps: readonly AnyStep[],
): string | undefined {
  const [step] = steps;
  const [kind] = step ? chain.triggersOf(step) : [];
  return step && kind && names.subscription(kind.name, step.name, "live");
}

/** Storage: it answers, whatever there is. */
export function storageOf({ names, store }: Context): Dependency {
  const ref = { bucket: names.bucket("records"), name: "readiness" };
  return { name: "storage", check: () => store.statObject(ref) };
}
