import { z } from "zod";
import { parseFilter } from "./filter.ts";
import { checkSubscriptionName, checkTopicName } from "./resource-name.ts";
import { invalidArgument, unimplemented } from "./status-error.ts";

/** What a subscription's topic is called once the topic is gone, as documented. */
export const DELETED_TOPIC = "_deleted-topic_";

const Duration = z.object({ seconds: z.number().default(0), nanos: z.number().default(0) });
type Duration = z.infer<typeof Duration>;
const Labels = z.record(z.string(), z.string()).default({});

/** A topic's configuration, in the shape of `google.pubsub.v1.Topic`; what this server does not do is refused. */
export const Topic = z.object({
  name: z.string().default(""),
  labels: Labels,
  messageStoragePolicy: z.record(z.string(), z.unknown()).optional(),
  kmsKeyName: z.string().optional(),
  messageRetentionDuration: Duration.optional(),
  schemaSettings: z.unknown().optional(),
  ingestionDataSourceSettings: z.unknown().optional(),
  messageTransforms: z.array(z.unknown()).default([]),
});
export type Topic = z.infer<typeof Topic>;

/** A subscription's configuration, in the shape of `google.pubsub.v1.Subscription`. */
export const Subscription = z.object({
  name: z.string().default(""),
  topic: z.string().default(""),
  pushConfig: z.object({ pushEndpoint: z.string().default("") }).optional(),
  bigqueryConfig: z.unknown().optional(),
  cloudStorageConfig: z.unknown().optional(),
  bigtableConfig: z.unknown().optional(),
  ackDeadlineSeconds: z.number().default(0),
  retainAckedMessages: z.boolean().default(false),
  messageRetentionDuration: Duration.optional(),
  labels: Labels,
  enableMessageOrdering: z.boolean().default(false),
  expirationPolicy: z.object({ ttl: Duration.optional() }).optional(),
  filter: z.string().default(""),
  deadLetterPolicy: z
    .object({ deadLetterTopic: z.string().default(""), maxDeliveryAttempts: z.number().default(0) })
    .optional(),
  retryPolicy: z
    .object({ minimumBackoff: Duration.optional(), maximumBackoff: Duration.optional() })
    .optional(),
  detached: z.boolean().default(false),
  enableExactlyOnceDelivery: z.boolean().default(false),
  messageTransforms: z.array(z.unknown()).default([]),
  /** Set on a snapshot, which is kept as a subscription that nobody reads; never seen by clients. */
  snapshot: z.object({ expireMs: z.number() }).optional(),
});
export type Subscription = z.infer<typeof Subscription>;

/** Milliseconds of a protobuf Duration. */
export function durationMs(duration: Duration): number {
  return duration.seconds * 1000 + duration.nanos / 1e6;
}

const MINUTE_SEC = 60;
const DAY_SEC = 86_400;

function checkDuration(field: string, value: Duration | undefined, minSec: number, maxSec: number): void {
  if (!value) return;
  const sec = durationMs(value) / 1000;
  if (sec < minSec || sec > maxSec) throw invalidArgument(field, `${minSec} s to ${maxSec} s`, `${sec} s`);
}

/** Holds a topic to the documented rules and returns it with defaults filled in. */
export function checkTopic(topic: Topic): Topic {
  checkTopicName(topic.name, "name");
  if (topic.schemaSettings) throw unimplemented("A topic with a schema");
  if (topic.ingestionDataSourceSettings) throw unimplemented("A topic with an ingestion source");
  if (topic.messageTransforms.length > 0) throw unimplemented("A topic with message transforms");
  checkDuration("messageRetentionDuration", topic.messageRetentionDuration, 10 * MINUTE_SEC, 31 * DAY_SEC);
  return topic;
}

/** Holds a subscription to the documented rules and returns it with the documented defaults filled in. */
export function checkSubscription(subscription: Subscription): Subscription {
  checkSubscriptionName(subscription.name, "name");
  if (subscription.topic !== DELETED_TOPIC) checkTopicName(subscription.topic);
  refuseUnimplemented(subscription);
  const ackDeadlineSeconds = subscription.ackDeadlineSeconds || 10;
  if (ackDeadlineSeconds < 10 || ackDeadlineSeconds > 600) {
    throw invalidArgument("ackDeadlineSeconds", "10 to 600 (0 means 10)", ackDeadlineSeconds);
  }
  const retention = subscription.messageRetentionDuration ?? { seconds: 7 * DAY_SEC, nanos: 0 };
  checkDuration("messageRetentionDuration", retention, 10 * MINUTE_SEC, 31 * DAY_SEC);
  checkDuration("expirationPolicy.ttl", subscription.expirationPolicy?.ttl, DAY_SEC, Infinity);
  if (subscription.filter) parseFilter(subscription.filter);
  return {
    ...subscription,
    ackDeadlineSeconds,
    messageRetentionDuration: retention,
    expirationPolicy: subscription.expirationPolicy ?? { ttl: { seconds: 31 * DAY_SEC, nanos: 0 } },
    deadLetterPolicy: checkDeadLetterPolicy(subscription.deadLetterPolicy),
    retryPolicy: checkRetryPolicy(subscription.retryPolicy),
  };
}

function refuseUnimplemented(subscription: Subscription): void {
  if (subscription.pushConfig?.pushEndpoint) throw unimplemented("Push delivery");
  if (subscription.bigqueryConfig) throw unimplemented("A BigQuery subscription");
  if (subscription.cloudStorageConfig) throw unimplemented("A Cloud Storage subscription");
  if (subscription.bigtableConfig) throw unimplemented("A Bigtable subscription");
  if (subscription.messageTransforms.length > 0)
    throw unimplemented("A subscription with message transforms");
  if (subscription.enableExactlyOnceDelivery) throw unimplemented("Exactly-once delivery");
}

function checkDeadLetterPolicy(policy: Subscription["deadLetterPolicy"]): Subscription["deadLetterPolicy"] {
  if (!policy) return undefined;
  checkTopicName(policy.deadLetterTopic, "deadLetterPolicy.deadLetterTopic");
  const maxDeliveryAttempts = policy.maxDeliveryAttempts || 5;
  if (maxDeliveryAttempts < 5 || maxDeliveryAttempts > 100) {
    throw invalidArgument("deadLetterPolicy.maxDeliveryAttempts", "5 to 100", maxDeliveryAttempts);
  }
  return { ...policy, maxDeliveryAttempts };
}

function checkRetryPolicy(policy: Subscription["retryPolicy"]): Subscription["retryPolicy"] {
  if (!policy) return undefined;
  const minimumBackoff = policy.minimumBackoff ?? { seconds: 10, nanos: 0 };
  const maximumBackoff = policy.maximumBackoff ?? { seconds: 600, nanos: 0 };
  checkDuration("retryPolicy.minimumBackoff", minimumBackoff, 0, 600);
  checkDuration("retryPolicy.maximumBackoff", maximumBackoff, 0, 600);
  if (durationMs(minimumBackoff) > durationMs(maximumBackoff)) {
    throw invalidArgument(
      "retryPolicy.minimumBackoff",
      `at most maximumBackoff (${durationMs(maximumBackoff)} ms)`,
      `${durationMs(minimumBackoff)} ms`,
    );
  }
  return { minimumBackoff, maximumBackoff };
}
