import type { PubSub } from "@google-cloud/pubsub";
import type { Topology } from "@segue/chain";
import type { ObjectStore } from "@segue/store";
import type { CloudState, Finding } from "./compare-topology.ts";
import { parseSubscription, type SubscriptionState } from "./subscription-state.ts";

/** gRPC's NOT_FOUND and UNIMPLEMENTED. */
const notFound = 5;
const unimplemented = 12;
const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? error.code : undefined);

/** Asks a project for everything that a topology names. */
export async function readCloud(pubsub: PubSub, store: ObjectStore, topology: Topology): Promise<CloudState> {
  const [topics] = await pubsub.getTopics();
  const subscriptions = await Promise.all(
    topology.subscriptions.map(async ({ name }) => [name, await readSubscription(pubsub, name)] as const),
  );
  const buckets = await Promise.all(
    topology.buckets.map(async ({ name }) => [name, await store.readBucket(name)] as const),
  );
  return {
    topics: new Set(topics.map(({ name }) => name)),
    subscriptions: new Map(subscriptions),
    buckets: new Map(buckets),
    fullTopicName: (topic) => pubsub.topic(topic).name,
  };
}

async function readSubscription(pubsub: PubSub, name: string): Promise<SubscriptionState | undefined> {
  try {
    const [metadata] = await pubsub.subscription(name).getMetadata();
    return parseSubscription(metadata);
  } catch (error) {
    if (codeOf(error) === notFound) return undefined;
    throw error;
  }
}

const topicPermissions = ["pubsub.topics.publish"];
const subscriptionPermissions = ["pubsub.subscriptions.consume"];
const bucketPermissions = ["create", "get", "list", "delete"].map((verb) => `storage.objects.${verb}`);

/**
 * Whether the caller may do what services do, and Pub/Sub's own account what dead-lettering needs. Of an emulator, which
 * has no grants, one finding says so.
 */
export async function checkGrants(
  pubsub: PubSub,
  store: ObjectStore,
  topology: Topology,
  cloud: CloudState,
): Promise<Finding[]> {
  const there = {
    topics: topology.topics.filter((topic) => cloud.topics.has(cloud.fullTopicName(topic))),
    subscriptions: topology.subscriptions.filter(({ name }) => cloud.subscriptions.get(name)),
    buckets: topology.buckets.filter(({ name }) => cloud.buckets.get(name)),
  };
  try {
    const own = await Promise.all([
      ...there.topics.map(async (topic) => {
        const [held] = await pubsub.topic(topic).iam.testPermissions(topicPermissions);
        return lacking(`topic ${topic}`, topicPermissions, heldOf(held));
      }),
      ...there.subscriptions.map(async ({ name }) => {
        const [held] = await pubsub.subscription(name).iam.testPermissions(subscriptionPermissions);
        return lacking(`subscription ${name}`, subscriptionPermissions, heldOf(held));
      }),
    ]);
    const buckets = await Promise.all(
      there.buckets.map(async ({ name }) =>
        lacking(
          `bucket ${name}`,
          bucketPermissions,
          await store.testBucketPermissions(name, bucketPermissions),
        ),
      ),
    );
    return [...own.flat(), ...buckets.flat(), ...(await checkAgent(pubsub, topology, cloud))];
  } catch (error) {
    if (codeOf(error) !== unimplemented) throw error;
    const detail = "this server does not implement grants (an emulator): nothing is known of them";
    return [{ resource: "grants", problem: "unknown", detail, remedy: null }];
  }
}

function heldOf(permissions: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(permissions).flatMap(([permission, has]) => (has ? [permission] : []));
}

function lacking(resource: string, needed: readonly string[], held: readonly string[]): Finding[] {
  return needed
    .filter((permission) => !held.includes(permission))
    .map((permission) => ({
      resource,
      problem: "missing",
      detail: `the caller does not have ${permission}`,
      remedy: "grant it to the account that services run as",
    }));
}

/** Pub/Sub's service agent moves messages to the dead-letter topic: without these grants it never does. */
async function checkAgent(pubsub: PubSub, topology: Topology, cloud: CloudState): Promise<Finding[]> {
  const project = [...cloud.buckets.values()].find((bucket) => bucket?.projectNumber)?.projectNumber;
  if (project === undefined) return [];
  const agent = `serviceAccount:service-${project}@gcp-sa-pubsub.iam.gserviceaccount.com`;
  const findings: Finding[] = [];
  const expect = async (resource: string, role: string, policy: Promise<unknown>) => {
    const bindings = bindingsOf(await policy);
    if (bindings.some((binding) => binding.role === role && binding.members.includes(agent))) return;
    const detail = `${agent} does not have ${role}; a grant on the whole project would not show here`;
    findings.push({ resource, problem: "missing", detail, remedy: `grant it ${role}` });
  };
  const deadLetters = new Set(topology.subscriptions.flatMap(({ deadLetter }) => deadLetter?.topic ?? []));
  for (const topic of deadLetters)
    if (cloud.topics.has(cloud.fullTopicName(topic)))
      await expect(`topic ${topic}`, "roles/pubsub.publisher", pubsub.topic(topic).iam.getPolicy());
  for (const { name, deadLetter } of topology.subscriptions)
    if (deadLetter && cloud.subscriptions.get(name))
      await expect(
        `subscription ${name}`,
        "roles/pubsub.subscriber",
        pubsub.subscription(name).iam.getPolicy(),
      );
  return findings;
}

function bindingsOf(answer: unknown): { role: string; members: string[] }[] {
  const [policy] = Array.isArray(answer) ? answer : [answer];
  const bindings: unknown = policy?.bindings;
  return Array.isArray(bindings) ? bindings : [];
}
