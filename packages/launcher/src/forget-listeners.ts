import type { PubSub } from "@google-cloud/pubsub";
import { type Names, newsTopic } from "@segue/chain";

/**
 * Removes the subscriptions through which servers of an earlier run, which were killed, heard the news. Pub/Sub does so itself a day after they
 * were last pulled.
 */
export async function forgetListeners(pubsub: PubSub, names: Names): Promise<void> {
  const [left] = await pubsub.topic(names.topic(newsTopic)).getSubscriptions();
  await Promise.all(left.map((subscription) => subscription.delete()));
}
