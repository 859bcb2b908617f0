import type { PubSub } from "@google-cloud/pubsub";
import { refuseForeignStorage } from "@segue/artifacts";
import { catalogConsumer, type Names, tasksTopic, tracksTopic } from "@segue/chain";
import { refuseFirstEdition } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";

/**
 * Looks whether a project's buckets and queues are this edition's, or nobody's, before anything is made or changed in them.
 *
 * @throws {ForeignEditionError} where they are another's.
 */
export async function refuseForeignCloud(pubsub: PubSub, store: ObjectStore, names: Names): Promise<void> {
  await Promise.all([refuseForeignStorage(store, names), refuseFirstQueue(pubsub, names)]);
}

/** The first edition had no tasks; this one makes subscriptions only once it has all topics. */
async function refuseFirstQueue(pubsub: PubSub, names: Names): Promise<void> {
  const subscription = pubsub.subscription(names.subscription(tracksTopic, catalogConsumer));
  const [isThere] = await subscription.exists();
  if (!isThere) return;
  const [topics] = await pubsub.getTopics();
  const ofTasks = pubsub.topic(names.topic(tasksTopic(""))).name;
  if (topics.some(({ name }) => name.startsWith(ofTasks))) return;
  const remedy =
    "delete the fleet's topics and subscriptions if nobody needs what they hold any more, or give this fleet others by another SEGUE_PREFIX; nothing in them was changed";
  refuseFirstEdition(`a queue with ${subscription.name}, and without topics ${ofTasks}*,`, remedy);
}
