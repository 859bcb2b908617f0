import type { PubSub, SubscriptionMetadata } from "@google-cloud/pubsub";
import type { BucketSpec, SubscriptionSpec, Topology } from "@segue/chain";
import type { ObjectStore } from "@segue/store";

/** gRPC's ALREADY_EXISTS. */
const alreadyExists = 6;

/** Creates what is missing of a topology: topics first, then subscriptions, and buckets beside them. What is there stays as it is. */
export async function ensureTopology(pubsub: PubSub, store: ObjectStore, topology: Topology): Promise<void> {
  // Waited for together: where all of the cloud is away, each part says so, and the first to do it is enough.
  await Promise.all([
    ...topology.buckets.map((bucket) => store.ensureBucket(storeSpecOf(bucket))),
    ensureQueue(pubsub, topology),
  ]);
}

async function ensureQueue(pubsub: PubSub, { topics, subscriptions }: Topology): Promise<void> {
  await Promise.all(topics.map((topic) => unlessThere(pubsub.createTopic(topic))));
  await Promise.all(
    subscriptions.map((spec) =>
      unlessThere(
        pubsub.createSubscription(pubsub.topic(spec.topic), spec.name, {
          filter: spec.filter,
          ...changeableOptions(pubsub, spec),
        }),
      ),
    ),
  );
}

/** Gives buckets that expire the settings that make them so. Those that keep what they hold are left alone, whatever they are like. */
export async function mendBuckets(store: ObjectStore, buckets: readonly BucketSpec[]): Promise<void> {
  const expiring = buckets.filter(({ deleteAfterDays }) => deleteAfterDays !== null);
  await Promise.all(expiring.map((bucket) => store.changeBucket(storeSpecOf(bucket))));
}

function storeSpecOf({ name, deleteAfterDays, softDeleteRetentionSec }: BucketSpec) {
  const lifecycle = deleteAfterDays === null ? {} : { lifecycle: { deleteAfterDays } };
  return { name, ...lifecycle, softDeleteRetentionSec };
}

/** Gives subscriptions that are there what can still be changed of them: all but topic and filter. */
export async function mendSubscriptions(pubsub: PubSub, specs: readonly SubscriptionSpec[]): Promise<void> {
  await Promise.all(
    specs.map((spec) => pubsub.subscription(spec.name).setMetadata(changeableOptions(pubsub, spec))),
  );
}

function changeableOptions(pubsub: PubSub, spec: SubscriptionSpec): SubscriptionMetadata {
  return {
    ackDeadlineSeconds: spec.ackDeadlineSec,
    messageRetentionDuration: { seconds: spec.retentionSec },
    retryPolicy: {
      minimumBackoff: { seconds: spec.retry.minBackoffSec },
      maximumBackoff: { seconds: spec.retry.maxBackoffSec },
    },
    // An empty policy means that an idle subscription never expires; none would mean 31 days.
    expirationPolicy: {},
    ...(spec.deadLetter
      ? {
          deadLetterPolicy: {
            deadLetterTopic: pubsub.topic(spec.deadLetter.topic).name,
            maxDeliveryAttempts: spec.deadLetter.maxDeliveryAttempts,
          },
        }
      : {}),
  };
}

async function unlessThere(creating: Promise<unknown>): Promise<void> {
  try {
    await creating;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === alreadyExists)) throw error;
  }
}
