import type { Broker } from "./broker.ts";
import { readAttributes } from "./publish-request.ts";
import { firstBacklogIdSince, messagesSince, restoreToBacklog, seekBacklog } from "./store-sweep.ts";
import type { SubscriptionEntity } from "./subscription-entity.ts";

/**
 * Marks what was published before `timeMs` as acknowledged and what was published since, as far as it is retained (by the
 * subscription's retainAckedMessages or the topic's retention), as not. Outstanding leases end: their messages are delivered again.
 */
export function seekToTime(broker: Broker, subscription: SubscriptionEntity, timeMs: number): void {
  const { store, commit } = broker;
  const { sid, topic, filter, config } = subscription;
  commit.flush();
  const firstId = firstBacklogIdSince(store, sid, timeMs);
  commit.transact(() => {
    seekBacklog(store, sid, firstId, config.retainAckedMessages);
    if (topic.retentionMs === 0) return;
    for (const { id, body } of [...messagesSince(store, topic.tid, timeMs)]) {
      const message = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      if (!filter || filter(readAttributes(message, 0, message.length))) restoreToBacklog(store, sid, id);
    }
  });
  subscription.queue.resync(() => false);
  broker.watchRetention(subscription);
  subscription.queue.pump();
}
