import type { AccountSpec, FleetSpec } from "@segue/contracts/fleet-spec";
import { accountsOf } from "../ground.ts";
import { isDirect, memberOf, workloadOf } from "../identity.ts";
import { accountEmail, nodesAccount, queueAgent } from "../names.ts";
import { foreignRole } from "../roles.ts";
import { permissionsGranted } from "./granted.ts";
import { type Examined, findIn, ofType, type Policy } from "./policy.ts";

const everybody = ["allUsers", "allAuthenticatedUsers"];

export const identityPolicies: readonly Policy[] = [
  {
    name: "nothing is granted to everybody",
    find: ({ resources }) =>
      resources.flatMap(({ name, args }) =>
        "member" in args && everybody.includes(args.member)
          ? [`${name}: expected somebody, not ${args.member}`]
          : [],
      ),
  },
  { name: "nobody is granted anything but services, nodes and Pub/Sub itself", find: findStrangers },
  { name: "nothing is granted on the whole project that can be granted on less", find: findWide },
  { name: "what sources may be in is others'", find: findOwnAsForeign },
  { name: "each account is one service's", find: findShared },
  { name: "a service may do what its specification says, and nothing else", find: findUnspecified },
];

function findStrangers(examined: Examined): readonly string[] {
  const { spec, settings } = examined;
  const { project, prefix } = spec;
  const known = new Set([
    ...accountsOf(spec).map((account) => memberOf({ project, prefix, settings }, account)),
    `serviceAccount:${accountEmail(project, prefix, nodesAccount)}`,
    queueAgent(settings.projectNumber),
  ]);
  const found = permissionsGranted(examined).filter(
    ({ member }) => !known.has(member) && !everybody.includes(member),
  );
  return [
    ...new Set(found.map(({ by, member }) => `${by}: expected a service, nodes or Pub/Sub, not ${member}`)),
  ];
}

/** On a project there may be: nodes' logs and metrics, one instance of a database, and what servers make for themselves, in the project for that. */
function findWide(examined: Examined): readonly string[] {
  const roles = new Map(
    ofType(examined, "gcp:projects/iAMCustomRole:IAMCustomRole").map(({ args }) => [
      `projects/${args.project}/roles/${args.roleId}`,
      args.permissions,
    ]),
  );
  const forListeners = [
    "pubsub.subscriptions.consume",
    "pubsub.subscriptions.create",
    "pubsub.subscriptions.delete",
  ];
  return findIn(ofType(examined, "gcp:projects/iAMMember:IAMMember"), {
    "expected a role that is granted on one thing": ({ args: { role } }) => {
      const permissions = roles.get(role);
      if (permissions) return !permissions.every((each) => forListeners.includes(each));
      return !["roles/container.defaultNodeServiceAccount", "roles/cloudsql.instanceUser"].includes(role);
    },
    "expected what servers make for themselves to be where the specification says": ({ args }) =>
      (roles.get(args.role) ?? []).some((each) => forListeners.includes(each)) &&
      args.project !== examined.spec.newsProject,
    "expected a condition: one instance, not all": ({ args }) =>
      args.role === "roles/cloudsql.instanceUser" && !conditionOf(args).includes("resource.name == "),
  });
}

function conditionOf({ condition }: { role: string; condition?: { expression: string } }): string {
  return condition?.expression ?? "";
}

function findShared(examined: Examined): readonly string[] {
  const { project, prefix } = examined.spec;
  const ground = { project, prefix, settings: examined.settings };
  const accounts = accountsOf(examined.spec).filter((each) => !isDirect(ground, each));
  const workloads = ofType(examined, "gcp:serviceaccount/iAMMember:IAMMember");
  const times = (member: string) => workloads.filter(({ args }) => args.member === member).length;
  const emails = new Map(accounts.map(({ name }) => [accountEmail(project, prefix, name), name]));
  return [
    ...accounts.flatMap(({ name }) => {
      const path = `projects/${project}/serviceAccounts/${accountEmail(project, prefix, name)}`;
      const users = workloads.filter(({ args }) => args.serviceAccountId === path);
      if (users.length !== 1)
        return [`${name}: expected one account of the cluster as it, found ${users.length}`];
      return users.every(({ args }) => args.member === workloadOf(ground, name))
        ? []
        : [`${name}: expected the service's own account of the cluster as it`];
    }),
    ...findIn(workloads, {
      "expected it to be one service's": ({ args }) => times(args.member) !== 1,
      "expected an account of the fleet's": ({ args }) =>
        !emails.has(args.serviceAccountId.split("/").at(-1) ?? ""),
      "expected a workload of the cluster": ({ args }) => !args.member.includes(`${project}.svc.id.goog[`),
    }),
    ...findIn(ofType(examined, "gcp:container/nodePool:NodePool"), {
      "expected nodes to have an account of their own": ({ args }) =>
        args.nodeConfig.serviceAccount !== accountEmail(project, prefix, nodesAccount),
    }),
  ];
}

/** Google's own role is for buckets of others: beside the fleet's own grants it would make of each client's master a source. */
function findOwnAsForeign(examined: Examined): readonly string[] {
  const own = new Set(examined.spec.buckets.map(({ name }) => name));
  return findIn(ofType(examined, "gcp:storage/bucketIAMMember:BucketIAMMember"), {
    "expected a bucket of others": ({ args }) => args.role === foreignRole && own.has(args.bucket),
  });
}

/** In both directions, by the permission: what is granted is specified, what is specified is granted. */
function findUnspecified(examined: Examined): readonly string[] {
  const { spec, settings } = examined;
  const given = permissionsGranted(examined);
  return accountsOf(spec).flatMap((service) => {
    const member = memberOf({ project: spec.project, prefix: spec.prefix, settings }, service);
    const foreign = new Set(bucketsOfOthers(spec, service, given));
    const specified = specifiedFor(service, spec);
    const granted = new Set(
      given.flatMap(({ member: of, permission, on }) =>
        of === member && !(permission === "storage.objects.get" && foreign.has(on))
          ? [`${permission} on ${on}`]
          : [],
      ),
    );
    return [
      ...[...granted]
        .filter((each) => !specified.has(each))
        .map((each) => `${service.name}: ${each} is not specified`),
      ...[...specified]
        .filter((each) => !granted.has(each))
        .map((each) => `${service.name}: ${each} is not granted`),
    ];
  });
}

function specifiedFor({ grants }: AccountSpec, { project, newsProject }: FleetSpec): ReadonlySet<string> {
  return new Set([
    ...grants.publish.map((topic) => `pubsub.topics.publish on ${topic}`),
    ...grants.consume.map((subscription) => `pubsub.subscriptions.consume on ${subscription}`),
    ...grants.listen.flatMap((topic) => [
      `pubsub.topics.attachSubscription on ${topic}`,
      ...["create", "consume", "delete"].map(
        (verb) => `pubsub.subscriptions.${verb} on project ${newsProject}`,
      ),
    ]),
    ...grants.objects.flatMap(({ bucket, verbs }) =>
      verbs.map((verb) => `storage.objects.${verb} on ${bucket}`),
    ),
    ...(grants.database === null ? [] : [`cloudsql.instances.login on project ${project}`]),
  ]);
}

/** Which ones is a setting; that there are any is the specification's. */
function bucketsOfOthers(
  { buckets }: FleetSpec,
  { grants }: AccountSpec,
  granted: readonly { readonly permission: string; readonly on: string }[],
): readonly string[] {
  if (grants.foreignBuckets === null) return [];
  const own = new Set(buckets.map(({ name }) => name));
  return granted.flatMap(({ permission, on }) =>
    permission.startsWith("storage.") && !own.has(on) ? [on] : [],
  );
}
