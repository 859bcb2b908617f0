import { isReference } from "../resource.ts";
import type { FleetResource } from "../topology.ts";
import type { Examined, Policy } from "./policy.ts";

/** Types that Google gives no labels; infra/src/arguments-fit.ts holds the list to what the provider says. */
export const withoutLabels = [
  "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
  "gcp:billing/budget:Budget",
  "gcp:compute/firewall:Firewall",
  "gcp:compute/network:Network",
  "gcp:compute/router:Router",
  "gcp:compute/routerNat:RouterNat",
  "gcp:compute/subnetwork:Subnetwork",
  "gcp:logging/projectBucketConfig:ProjectBucketConfig",
  "gcp:logging/projectExclusion:ProjectExclusion",
  "gcp:logging/projectSink:ProjectSink",
  "gcp:projects/iAMCustomRole:IAMCustomRole",
  "gcp:projects/iAMMember:IAMMember",
  "gcp:projects/service:Service",
  "gcp:projects/serviceIdentity:ServiceIdentity",
  "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
  "gcp:pubsub/topicIAMMember:TopicIAMMember",
  "gcp:serviceaccount/account:Account",
  "gcp:serviceaccount/iAMMember:IAMMember",
  "gcp:servicenetworking/connection:Connection",
  "gcp:sql/database:Database",
  "gcp:sql/user:User",
  "gcp:storage/bucketIAMMember:BucketIAMMember",
] as const satisfies readonly FleetResource["type"][];

export const shapePolicies: readonly Policy[] = [
  {
    name: "all that can be labelled says whose it is",
    find: ({ resources, spec }) =>
      resources
        .filter(({ type }) => !withoutLabels.some((each) => each === type))
        .filter(({ args }) => !labelsOf(args).some((labels) => labels.fleet === spec.prefix))
        .map(({ name }) => `${name}: expected the label fleet: ${spec.prefix}`),
  },
  { name: "what a resource needs is there before it", find: findMissing },
  { name: "the fleet's topics and subscriptions are there, and no others", find: findDifferent },
];

/** Labels at any of the places where Google has them. */
function labelsOf(args: object): readonly Readonly<Record<string, unknown>>[] {
  return Object.entries(args).flatMap(([name, value]) => {
    if (typeof value !== "object" || value === null) return [];
    if (["labels", "userLabels", "resourceLabels"].includes(name)) return [{ ...value }];
    return ["settings", "nodeConfig"].includes(name) ? labelsOf(value) : [];
  });
}

function findMissing({ resources }: Examined): readonly string[] {
  const made = new Set<string>();
  const left = new Set(resources);
  const needs = ({ dependsOn, args }: FleetResource) => [...dependsOn, ...referencesIn(args)];
  // Again and again those of which all that they need is there.
  for (let before = -1; before !== made.size; ) {
    before = made.size;
    for (const each of left)
      if (needs(each).every((name) => made.has(name))) {
        made.add(each.name);
        left.delete(each);
      }
  }
  return [...left].map(
    (each) =>
      `${each.name}: expected to be after ${needs(each)
        .filter((name) => !made.has(name))
        .join(", ")}`,
  );
}

function referencesIn(value: unknown): readonly string[] {
  if (isReference(value)) return [value.resource];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(referencesIn) : [];
}

function findDifferent({ resources, spec }: Examined): readonly string[] {
  const made = resources
    .filter(({ type }) => /^gcp:pubsub\/(topic:Topic|subscription:Subscription)$/.test(type))
    .map(({ name }) => name);
  const specified = [
    ...spec.topics.map(({ name }) => `topic/${name}`),
    ...spec.subscriptions.map(({ name }) => `subscription/${name}`),
  ];
  return [
    ...made.filter((name) => !specified.includes(name)).map((name) => `${name}: expected it to be specified`),
    ...specified.filter((name) => !made.includes(name)).map((name) => `${name}: expected it to be made`),
  ];
}
