import type { AccountSpec } from "@segue/contracts/fleet-spec";
import { apiName } from "./apis.ts";
import { bucketName } from "./buckets.ts";
import { instanceName, loginCondition } from "./database.ts";
import type { Ground } from "./ground.ts";
import { accountEmail, accountId, kubernetesAccount, workloadMember } from "./names.ts";
import { subscriptionName, topicName } from "./queue.ts";
import { resource } from "./resource.ts";
import { foreignRole, listenRole, objectsRole, roleId, roleName } from "./roles.ts";

export const accountName = (service: string) => `account/${service}`;

/** An account for each service of any placement, who may be it, and what it may do: what the specification grants, on the one thing it is granted on. */
export function accountResources(ground: Ground) {
  return ground.accounts.flatMap((account) => [
    ...identityOf(ground, account),
    ...queueGrants(ground, account),
    ...objectGrants(ground, account),
    ...databaseGrants(ground, account),
  ]);
}

function identityOf({ project, prefix, settings }: Ground, { name }: AccountSpec) {
  const { namespace, release } = settings;
  return [
    resource(
      "gcp:serviceaccount/account:Account",
      accountName(name),
      {
        project,
        accountId: accountId(prefix, name),
        displayName: `${prefix}: ${name}`,
        description: `What the service ${name} of the fleet ${prefix} runs as`,
      },
      { dependsOn: [apiName("iam")] },
    ),
    resource(
      "gcp:serviceaccount/iAMMember:IAMMember",
      `${accountName(name)}/workload`,
      {
        serviceAccountId: `projects/${project}/serviceAccounts/${accountEmail(project, prefix, name)}`,
        role: "roles/iam.workloadIdentityUser",
        member: workloadMember(project, namespace, kubernetesAccount(release, name)),
      },
      // The cluster is what makes the pool of such identities.
      { dependsOn: [accountName(name), "cluster"] },
    ),
  ];
}

function queueGrants(ground: Ground, { name, grants }: AccountSpec) {
  const { project } = ground;
  const member = memberOf(ground, name);
  const onTopics = (role: string, topics: readonly string[]) =>
    topics.map((topic) =>
      resource(
        "gcp:pubsub/topicIAMMember:TopicIAMMember",
        `${accountName(name)}/${role}/${topic}`,
        { project, topic, role: roleId(ground, role), member },
        { dependsOn: [accountName(name), topicName(topic), roleName(role)] },
      ),
    );
  return [
    ...onTopics("publish", grants.publish),
    ...onTopics("attach", grants.listen),
    ...grants.consume.map((subscription) =>
      resource(
        "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
        `${accountName(name)}/consume/${subscription}`,
        { project, subscription, role: roleId(ground, "consume"), member },
        { dependsOn: [accountName(name), subscriptionName(subscription), roleName("consume")] },
      ),
    ),
    ...(grants.listen.length === 0
      ? []
      : [
          resource(
            "gcp:projects/iAMMember:IAMMember",
            `${accountName(name)}/listen`,
            { project: ground.newsProject, role: roleId(ground, listenRole), member },
            { dependsOn: [accountName(name), roleName(listenRole)] },
          ),
        ]),
  ];
}

function objectGrants(ground: Ground, { name, grants }: AccountSpec) {
  const member = memberOf(ground, name);
  const foreign = grants.foreignBuckets === null ? [] : ground.settings.sourceBuckets;
  return [
    ...grants.objects.map(({ bucket, verbs }) =>
      resource(
        "gcp:storage/bucketIAMMember:BucketIAMMember",
        `${accountName(name)}/${objectsRole(verbs)}/${bucket}`,
        { bucket, role: roleId(ground, objectsRole(verbs)), member },
        { dependsOn: [accountName(name), roleName(objectsRole(verbs)), bucketName(bucket)] },
      ),
    ),
    ...foreign.map((bucket) =>
      resource(
        "gcp:storage/bucketIAMMember:BucketIAMMember",
        `${accountName(name)}/sources/${bucket}`,
        { bucket, role: foreignRole, member },
        { dependsOn: [accountName(name)] },
      ),
    ),
  ];
}

/** Cloud SQL's instances have no policy of their own: a grant of the project, for the one instance. What it may do there Postgres says. */
function databaseGrants(ground: Ground, { name, grants }: AccountSpec) {
  if (grants.database === null) return [];
  return [
    resource(
      "gcp:projects/iAMMember:IAMMember",
      `${accountName(name)}/database`,
      {
        project: ground.project,
        role: "roles/cloudsql.instanceUser",
        member: memberOf(ground, name),
        condition: loginCondition(ground),
      },
      { dependsOn: [accountName(name), instanceName] },
    ),
  ];
}

function memberOf({ project, prefix }: Ground, service: string): string {
  return `serviceAccount:${accountEmail(project, prefix, service)}`;
}
