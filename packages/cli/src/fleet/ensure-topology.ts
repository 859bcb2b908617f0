import type { PubSub } from "@google-cloud/pubsub";
import type { Topology } from "@segue/chain";
import type { ObjectStore } from "@segue/store";

/** gRPC's ALREADY_EXISTS. */
const alreadyExists = 6;

/** Creates what is missing of a topology: topics first, then subscriptions, and buckets beside them. */
export async function ensureTopology(pubsub: PubSub, store: ObjectStore, topology: Topology): Promise<void> {
  const buckets = topology.buckets.map((bucket) =>
    store.ensureBucket({
      name: bucket.name,
      ...(bucket.deleteAfterDays === null ? {} : { lifecycle: { deleteAfterDays: bucket.deleteAfterDays } }),
      // Soft delete would keep every dropped intermediate for a week, at full price.
      softDeleteRetentionSec: 0,
    }),
  );
  await Promise.all(topology.topics.map((topic) => unlessThere(pubsub.createTopic(topic))));
  const subscriptions = topology.subscriptions.map((spec) =>
    unlessThere(
      pubsub.createSubscription(pubsub.topic(spec.topic), spec.name, {
        ackDeadlineSeconds: spec.ackDeadlineSec,
        filter: spec.filter,
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
      }),
    ),
  );
  await Promise.all([...buckets, ...subscriptions]);
}

async function unlessThere(creating: Promise<unknown>): Promise<void> {
  try {
    await creating;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === alreadyExists)) throw error;
  }
}
