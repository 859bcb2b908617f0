import type { AccountSpec } from "@segue/contracts/fleet-spec";
import { apiName } from "./apis.ts";
import { bucketName } from "./buckets.ts";
import { instanceName, loginCondition } from "./database.ts";
import type { Ground } from "./ground.ts";
import { isDirect, memberOf, workloadOf } from "./identity.ts";
import { accountEmail, accountId } from "./names.ts";
import { subscriptionName, topicName } from "./queue.ts";
import { resource } from "./resource.ts";
import { foreignRole, listenRole, objectsRole, roleId, roleName } from "./roles.ts";

export const accountName = (service: string) => `account/${service}`;

/** Who each service of any placement is, and what it may do: what the specification grants, on the one thing it is granted on. */
export function accountResources(ground: Ground) {
  return ground.accounts.flatMap((account) => [
    ...identityOf(ground, account),
    ...queueGrants(ground, account),
    ...objectGrants(ground, account),
    ...databaseGrants(ground, account),
  ]);
}

function identityOf(ground: Ground, account: AccountSpec) {
  if (isDirect(ground, account)) return [];
  const { project, prefix } = ground;
  const { name } = account;
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
        member: workloadOf(ground, name),
      },
      // The cluster is what makes the pool of such identities.
      { dependsOn: [accountName(name), "cluster"] },
    ),
  ];
}

/** What has to be there before anything is granted to a service: its account, or the cluster, which makes the pool of who is direct. */
function whoIs(ground: Ground, account: AccountSpec): string {
  return isDirect(ground, account) ? "cluster" : accountName(account.name);
}

function queueGrants(ground: Ground, account: AccountSpec) {
  const { project } = ground;
  const { name, grants } = account;
  const member = memberOf(ground, account);
  const who = whoIs(ground, account);
  const onTopics = (role: string, topics: readonly string[]) =>
    topics.map((topic) =>
      resource(
        "gcp:pubsub/topicIAMMember:TopicIAMMember",
        `${accountName(name)}/${role}/${topic}`,
        { project, topic, role: roleId(ground, role), member },
        { dependsOn: [who, topicName(topic), roleName(role)] },
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
        { dependsOn: [who, subscriptionName(subscription), roleName("consume")] },
      ),
    ),
    ...(grants.listen.length === 0
      ? []
      : [
          resource(
            "gcp:projects/iAMMember:IAMMember",
            `${accountName(name)}/listen`,
            { project: ground.newsProject, role: roleId(ground, listenRole), member },
            { dependsOn: [who, roleName(listenRole)] },
          ),
        ]),
  ];
}

function objectGrants(ground: Ground, account: AccountSpec) {
  const { name, grants } = account;
  const member = memberOf(ground, account);
  const who = whoIs(ground, account);
  const foreign = grants.foreignBuckets === null ? [] : ground.settings.sourceBuckets;
  return [
    ...grants.objects.map(({ bucket, verbs }) =>
      resource(
        "gcp:storage/bucketIAMMember:BucketIAMMember",
        `${accountName(name)}/${objectsRole(verbs)}/${bucket}`,
        { bucket, role: roleId(ground, objectsRole(verbs)), member },
        { dependsOn: [who, roleName(objectsRole(verbs)), bucketName(bucket)] },
      ),
    ),
    ...foreign.map((bucket) =>
      resource(
        "gcp:storage/bucketIAMMember:BucketIAMMember",
        `${accountName(name)}/sources/${bucket}`,
        { bucket, role: foreignRole, member },
        { dependsOn: [who] },
      ),
    ),
  ];
}

/** Cloud SQL's instances have no policy of their own: a grant of the project, for the one instance. What it may do there Postgres says. */
function databaseGrants(ground: Ground, account: AccountSpec) {
  const { name, grants } = account;
  if (grants.database === null) return [];
  return [
    resource(
      "gcp:projects/iAMMember:IAMMember",
      `${accountName(name)}/database`,
      {
        project: ground.project,
        role: "roles/cloudsql.instanceUser",
        member: memberOf(ground, account),
        condition: loginCondition(ground),
      },
      { dependsOn: [accountName(name), instanceName] },
    ),
  ];
}
