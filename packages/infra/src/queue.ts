import { apiName } from "./apis.ts";
import type { Ground } from "./ground.ts";
import { queueAgent } from "./names.ts";
import { resource } from "./resource.ts";
import { roleId, roleName } from "./roles.ts";

export const topicName = (topic: string) => `topic/${topic}`;
export const subscriptionName = (subscription: string) => `subscription/${subscription}`;

/** Topics, subscriptions, and what Pub/Sub's own agent needs to give up on a message. */
export function queueResources(ground: Ground) {
  return [...topics(ground), ...subscriptions(ground), agent(ground), ...agentGrants(ground)];
}

/** Google makes it when somebody asks for it, or when it is first needed; it can't be granted anything before. */
function agent({ project }: Ground) {
  return resource(
    "gcp:projects/serviceIdentity:ServiceIdentity",
    "queue-agent",
    { project, service: "pubsub.googleapis.com" },
    { dependsOn: [apiName("pubsub")] },
  );
}

function topics({ spec, project, region, labels }: Ground) {
  return spec.topics.map(({ name, carries }) =>
    resource(
      "gcp:pubsub/topic:Topic",
      topicName(name),
      {
        project,
        name,
        // What is in them stays where the buckets are.
        messageStoragePolicy: { allowedPersistenceRegions: [region] },
        labels: { ...labels, carries },
      },
      { dependsOn: [apiName("pubsub")] },
    ),
  );
}

function subscriptions({ spec, project, labels }: Ground) {
  return spec.subscriptions.map(({ name, topic, filter, ackDeadlineSec, retry, deadLetter, retentionSec }) =>
    resource(
      "gcp:pubsub/subscription:Subscription",
      subscriptionName(name),
      {
        project,
        name,
        topic: topicPath(project, topic),
        ...(filter === "" ? {} : { filter }),
        ackDeadlineSeconds: ackDeadlineSec,
        messageRetentionDuration: `${retentionSec}s`,
        // It never expires.
        expirationPolicy: { ttl: "" },
        retryPolicy: { minimumBackoff: `${retry.minBackoffSec}s`, maximumBackoff: `${retry.maxBackoffSec}s` },
        ...(deadLetter && {
          deadLetterPolicy: {
            deadLetterTopic: topicPath(project, deadLetter.topic),
            maxDeliveryAttempts: deadLetter.maxDeliveryAttempts,
          },
        }),
        enableExactlyOnceDelivery: false,
        labels,
      },
      // What it has not handed out is lost with it, and its filter can't be changed: it would be replaced.
      { dependsOn: [topicName(topic), ...(deadLetter ? [topicName(deadLetter.topic)] : [])], protect: true },
    ),
  );
}

function agentGrants(ground: Ground) {
  const { spec, settings, project } = ground;
  const member = queueAgent(settings.projectNumber);
  return [
    ...spec.queueAgent.publish.map((topic) =>
      resource(
        "gcp:pubsub/topicIAMMember:TopicIAMMember",
        `queue-agent/publish/${topic}`,
        { project, topic, role: roleId(ground, "publish"), member },
        { dependsOn: ["queue-agent", topicName(topic), roleName("publish")] },
      ),
    ),
    ...spec.queueAgent.consume.map((subscription) =>
      resource(
        "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
        `queue-agent/consume/${subscription}`,
        { project, subscription, role: roleId(ground, "consume"), member },
        { dependsOn: ["queue-agent", subscriptionName(subscription), roleName("consume")] },
      ),
    ),
  ];
}

export function topicPath(project: string, topic: string): string {
  return `projects/${project}/topics/${topic}`;
}
