import { status } from "@grpc/grpc-js";
import { z } from "zod";
import type { Broker } from "./broker.ts";
import { applyMask } from "./field-mask.ts";
import { pageOf } from "./page.ts";
import type { Plain } from "./protos.ts";
import { checkProjectName, checkSnapshotName, checkSubscriptionName, projectOf } from "./resource-name.ts";
import { Subscription } from "./resources.ts";
import { alreadyExists, notFound, StatusError } from "./status-error.ts";
import { copyBacklog, oldestUnackedMs } from "./store-sweep.ts";
import type { SubscriptionEntity } from "./subscription-entity.ts";

const Labels = z.record(z.string(), z.string()).default({});
const Timestamp = z.object({ seconds: z.number().default(0), nanos: z.number().default(0) });
const CreateRequest = z.object({
  name: z.string().default(""),
  subscription: z.string().default(""),
  labels: Labels,
});
const SnapshotRequest = z.object({ snapshot: z.string().default("") });
const ProjectRequest = z.object({ project: z.string().default("") });
const UpdateRequest = z.object({
  snapshot: z.object({ name: z.string().default(""), labels: Labels, expireTime: Timestamp.optional() }),
  updateMask: z.unknown(),
});

const hourMs = 3_600_000;
/** A snapshot lives until its oldest message is this old, and is not made if that is within the hour, as documented. */
const lifetimeMs = 7 * 24 * hourMs;

/** The snapshot, unless it is missing or has expired. */
export function findSnapshot(broker: Broker, name: string): SubscriptionEntity {
  checkSnapshotName(name);
  const found = liveSnapshot(broker, name);
  if (!found) throw notFound(name);
  return found;
}

/** One that has expired is removed: its name is free. */
function liveSnapshot(broker: Broker, name: string): SubscriptionEntity | undefined {
  const snapshot = broker.snapshots.get(name);
  if (snapshot && expireMs(snapshot) <= broker.now()) broker.removeSubscription(snapshot, notFound(name));
  return broker.snapshots.get(name);
}

/** A page of snapshots that have not expired, of a project or a topic. */
export function liveSnapshots(broker: Broker): SubscriptionEntity[] {
  return [...broker.snapshots.values()].filter((snapshot) => expireMs(snapshot) > broker.now());
}

/**
 * The methods of `google.pubsub.v1.Subscriber` for snapshots. A snapshot is kept as a subscription that nobody reads: it
 * begins with what the other has not acknowledged, and gets all that is published from then on.
 */
export function snapshotMethods(broker: Broker): Record<string, (request: Plain) => Plain> {
  return {
    CreateSnapshot: (request) => visible(createSnapshot(broker, CreateRequest.parse(request))),
    GetSnapshot: (request) => visible(findSnapshot(broker, SnapshotRequest.parse(request).snapshot)),
    ListSnapshots(request) {
      const { project } = ProjectRequest.parse(request);
      checkProjectName(project);
      const own = liveSnapshots(broker).filter(
        ({ config }) => `projects/${projectOf(config.name)}` === project,
      );
      const { page, nextPageToken } = pageOf(own, ({ config }) => config.name, request);
      return { snapshots: page.map(visible), nextPageToken };
    },
    UpdateSnapshot(request) {
      const { snapshot: update, updateMask } = UpdateRequest.parse(request);
      const snapshot = findSnapshot(broker, update.name);
      const current = { labels: snapshot.config.labels, expireTime: toTimestamp(expireMs(snapshot)) };
      const merged = UpdateRequest.shape.snapshot.parse(
        applyMask(current, update, updateMask, ["labels", "expireTime"]),
      );
      const { seconds, nanos } = merged.expireTime ?? current.expireTime;
      const changed = { labels: merged.labels, snapshot: { expireMs: seconds * 1000 + nanos / 1e6 } };
      broker.saveSubscription(snapshot, { ...snapshot.config, ...changed });
      return visible(snapshot);
    },
    DeleteSnapshot(request) {
      const snapshot = findSnapshot(broker, SnapshotRequest.parse(request).snapshot);
      broker.removeSubscription(snapshot, notFound(snapshot.config.name));
      return {};
    },
  };
}

function createSnapshot(
  broker: Broker,
  { name, subscription: of, labels }: z.infer<typeof CreateRequest>,
): SubscriptionEntity {
  checkSnapshotName(name, "name");
  checkSubscriptionName(of);
  if (liveSnapshot(broker, name)) throw alreadyExists(name);
  const source = broker.subscription(of);
  source.checkAttached();
  broker.commit.flush();
  const oldestMs = oldestUnackedMs(broker.store, source.sid) ?? broker.now();
  if (oldestMs + lifetimeMs < broker.now() + hourMs) {
    const why = `${of}: its oldest unacknowledged message is too old for a snapshot that lives an hour or more`;
    throw new StatusError(status.FAILED_PRECONDITION, why);
  }
  const config = Subscription.parse({
    name,
    topic: source.config.topic,
    labels,
    messageRetentionDuration: { seconds: lifetimeMs / 1000 },
    snapshot: { expireMs: oldestMs + lifetimeMs },
  });
  const snapshot = broker.addSubscription(config, source.topic);
  broker.commit.transact(() => copyBacklog(broker.store, source.sid, snapshot.sid));
  broker.watchRetention(snapshot);
  return snapshot;
}

function expireMs({ config }: SubscriptionEntity): number {
  return config.snapshot?.expireMs ?? 0;
}

function toTimestamp(ms: number): z.infer<typeof Timestamp> {
  return { seconds: Math.floor(ms / 1000), nanos: Math.round((ms % 1000) * 1e6) };
}

function visible(snapshot: SubscriptionEntity): Plain {
  const { name, topic, labels } = snapshot.visible;
  return { name, topic, labels, expireTime: toTimestamp(expireMs(snapshot)) };
}
