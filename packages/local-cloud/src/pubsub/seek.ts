import type { Broker } from "./broker.ts";
import type { Filter } from "./filter.ts";
import { readAttributes } from "./publish-request.ts";
import {
  copyBacklog,
  dropOrphans,
  firstBacklogIdSince,
  messagesSince,
  restoreToBacklog,
  seekBacklog,
  unackedIn,
} from "./store-sweep.ts";
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
      if (passes(filter, body)) restoreToBacklog(store, sid, id);
    }
  });
  deliverAnew(broker, subscription);
}

/**
 * Makes a subscription's unacknowledged messages those of a snapshot: what was unacknowledged as it was taken, and all that was
 * published since. Outstanding leases end.
 */
export function seekToSnapshot(
  broker: Broker,
  subscription: SubscriptionEntity,
  snapshot: SubscriptionEntity,
): void {
  const { store, commit } = broker;
  const { sid, topic, filter, config } = subscription;
  commit.flush();
  commit.transact(() => {
    seekBacklog(store, sid, Number.MAX_SAFE_INTEGER, config.retainAckedMessages);
    if (!filter) copyBacklog(store, snapshot.sid, sid);
    else {
      for (const { id, body } of [...unackedIn(store, snapshot.sid)])
        if (passes(filter, body)) restoreToBacklog(store, sid, id);
    }
    if (topic.retentionMs === 0) dropOrphans(store, topic.tid, Number.MAX_SAFE_INTEGER);
  });
  deliverAnew(broker, subscription);
}

function passes(filter: Filter | null, body: Uint8Array): boolean {
  const message = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return !filter || filter(readAttributes(message, 0, message.length));
}

function deliverAnew(broker: Broker, subscription: SubscriptionEntity): void {
  subscription.queue.resync(() => false);
  broker.watchRetention(subscription);
  subscription.queue.pump();
}
