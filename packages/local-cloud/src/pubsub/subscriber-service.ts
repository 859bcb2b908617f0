import { status } from "@grpc/grpc-js";
import { z } from "zod";
import type { Broker } from "./broker.ts";
import { applyMask } from "./field-mask.ts";
import { pageOf } from "./page.ts";
import type { Plain } from "./protos.ts";
import { checkProjectName, checkSubscriptionName, projectOf } from "./resource-name.ts";
import { checkSubscription, Subscription } from "./resources.ts";
import { seekToSnapshot, seekToTime } from "./seek.ts";
import { findSnapshot, snapshotMethods } from "./snapshot-methods.ts";
import { alreadyExists, invalidArgument, notFound, StatusError, unimplemented } from "./status-error.ts";
import type { SubscriptionEntity } from "./subscription-entity.ts";

const SubscriptionRequest = z.object({ subscription: z.string().default("") });
const ProjectRequest = z.object({ project: z.string().default("") });
const UpdateRequest = z.object({ subscription: Subscription, updateMask: z.unknown() });
const Timestamp = z.object({ seconds: z.number().default(0), nanos: z.number().default(0) });
const SeekRequest = SubscriptionRequest.extend({
  time: Timestamp.optional(),
  snapshot: z.string().default(""),
});

function visible(subscription: SubscriptionEntity): Plain {
  const retention = subscription.topic.config.messageRetentionDuration;
  return {
    ...subscription.visible,
    state: "ACTIVE",
    topicMessageRetentionDuration: subscription.topic.retired ? undefined : retention,
  };
}

function refuse(feature: string): () => never {
  return () => {
    throw unimplemented(feature);
  };
}

/** The unary methods of `google.pubsub.v1.Subscriber` off the hot path, as functions of decoded requests. */
export function subscriberMethods(broker: Broker): Record<string, (request: Plain) => Plain> {
  const find = (request: Plain) => {
    const { subscription } = SubscriptionRequest.parse(request);
    checkSubscriptionName(subscription);
    return broker.subscription(subscription);
  };
  return {
    CreateSubscription(request) {
      const config = checkSubscription(Subscription.parse(request));
      if (broker.subscriptions.has(config.name)) throw alreadyExists(config.name);
      return visible(broker.addSubscription(config, broker.topic(config.topic)));
    },
    GetSubscription: (request) => visible(find(request)),
    UpdateSubscription(request) {
      const { subscription: update, updateMask } = UpdateRequest.parse(request);
      const subscription = broker.subscription(update.name);
      const merged = applyMask(subscription.config, update, updateMask, [
        "ackDeadlineSeconds",
        "deadLetterPolicy",
        "enableExactlyOnceDelivery",
        "expirationPolicy",
        "labels",
        "messageRetentionDuration",
        "pushConfig",
        "retainAckedMessages",
        "retryPolicy",
      ]);
      broker.saveSubscription(subscription, checkSubscription(Subscription.parse(merged)));
      return visible(subscription);
    },
    ListSubscriptions(request) {
      const { project } = ProjectRequest.parse(request);
      checkProjectName(project);
      const own = [...broker.subscriptions.values()].filter(
        ({ config }) => `projects/${projectOf(config.name)}` === project,
      );
      const { page, nextPageToken } = pageOf(own, ({ config }) => config.name, request);
      return { subscriptions: page.map(visible), nextPageToken };
    },
    DeleteSubscription(request) {
      const subscription = find(request);
      broker.removeSubscription(subscription, notFound(subscription.config.name));
      return {};
    },
    Seek(request) {
      const { time, snapshot: name } = SeekRequest.parse(request);
      const subscription = find(request);
      if (time) seekToTime(broker, subscription, time.seconds * 1000 + time.nanos / 1e6);
      else seekToSnapshot(broker, subscription, snapshotFor(broker, subscription, name));
      return {};
    },
    ModifyPushConfig: refuse("Push delivery"),
    ...snapshotMethods(broker),
  };
}

function snapshotFor(broker: Broker, subscription: SubscriptionEntity, name: string): SubscriptionEntity {
  if (name === "") throw invalidArgument("target", "a time or a snapshot", "neither");
  const snapshot = findSnapshot(broker, name);
  if (snapshot.topic === subscription.topic) return snapshot;
  const topics = `${subscription.config.topic}, came one of ${snapshot.config.topic}`;
  throw new StatusError(status.FAILED_PRECONDITION, `snapshot: expected one of ${topics}`);
}
