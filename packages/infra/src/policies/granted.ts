import { type Examined, ofType } from "./policy.ts";

export interface Granted {
  readonly member: string;
  readonly permission: string;
  /** A topic, a subscription or a bucket by its name; `project P` for all that is in it. */
  readonly on: string;
  /** What grants it. */
  readonly by: string;
}

/** Google's own roles that are granted, as far as they matter here: others are refused by another policy. */
const knownRoles: Readonly<Record<string, readonly string[]>> = {
  "roles/cloudsql.instanceUser": ["cloudsql.instances.login"],
  "roles/storage.legacyObjectReader": ["storage.objects.get"],
};

/** Every permission that somebody is granted, one by one. Of a role that is not known here the role itself. */
export function permissionsGranted(examined: Examined): readonly Granted[] {
  const custom = new Map(
    ofType(examined, "gcp:projects/iAMCustomRole:IAMCustomRole").map(({ args }) => [
      `projects/${args.project}/roles/${args.roleId}`,
      args.permissions,
    ]),
  );
  return bindings(examined).flatMap(({ member, role, on, by }) =>
    (custom.get(role) ?? knownRoles[role] ?? [role]).map((permission) => ({ member, permission, on, by })),
  );
}

function bindings(examined: Examined) {
  return [
    ...ofType(examined, "gcp:pubsub/topicIAMMember:TopicIAMMember").map(({ args, name }) => ({
      ...args,
      on: args.topic,
      by: name,
    })),
    ...ofType(examined, "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember").map(({ args, name }) => ({
      ...args,
      on: args.subscription,
      by: name,
    })),
    ...ofType(examined, "gcp:storage/bucketIAMMember:BucketIAMMember").map(({ args, name }) => ({
      ...args,
      on: args.bucket,
      by: name,
    })),
    ...ofType(examined, "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember").map(
      ({ args, name }) => ({
        ...args,
        on: args.repository,
        by: name,
      }),
    ),
    ...ofType(examined, "gcp:projects/iAMMember:IAMMember").map(({ args, name }) => ({
      ...args,
      on: `project ${args.project}`,
      by: name,
    })),
  ];
}
