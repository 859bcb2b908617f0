/** Grants as a cloud has them: permissions by Google's names, each on a resource. A local cloud's doors are made of these. */
import { bucketPrefixOf, createNames, deriveTopology, type Naming } from "@segue/chain";
import type { ServiceSpec } from "@segue/contracts/fleet-spec";
import type { Fleet } from "@segue/step";
import { grantsOf } from "./grants.ts";

export interface Permission {
  readonly permission: string;
  /** A bucket, or `projects/P/topics/T` and the like; one that ends in `*` stands for all that begin so. */
  readonly resource: string;
  /** Of these, what it is not for; of the same form. */
  readonly except?: string;
}

/**
 * What each service of a fleet may do.
 *
 * @param env of the services: says which buckets are others' that may be read.
 */
export function describePermissions(
  fleet: Fleet,
  naming: Naming,
  env: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, readonly Permission[]> {
  const names = createNames(naming);
  const parts = { fleet, names, topology: deriveTopology(fleet.chain, names) };
  return new Map(
    [...fleet.services].map(([name, service]) => {
      const grants = grantsOf(parts, name, service);
      return [name, [...inQueue(naming, name, grants), ...inStorage(naming, grants, env)]];
    }),
  );
}

type Grants = ServiceSpec["grants"];

function inQueue(naming: Naming, service: string, { publish, consume, listen }: Grants): Permission[] {
  const topic = (name: string) => `projects/${naming.projectId}/topics/${name}`;
  const subscription = (name: string) => `projects/${naming.projectId}/subscriptions/${name}`;
  return [
    ...publish.map((name) => ({ permission: "pubsub.topics.publish", resource: topic(name) })),
    ...consume.map((name) => ({ permission: "pubsub.subscriptions.consume", resource: subscription(name) })),
    ...listen.flatMap((name) => [
      { permission: "pubsub.topics.attachSubscription", resource: topic(name) },
      ...["create", "consume", "delete"].map((verb) => ({
        permission: `pubsub.subscriptions.${verb}`,
        resource: createNames(naming).newsSubscription(`${service}-*`),
      })),
    ]),
  ];
}

function inStorage(
  naming: Naming,
  { objects, foreignBuckets }: Grants,
  env: Readonly<Record<string, string | undefined>>,
): Permission[] {
  const own = objects.flatMap(({ bucket, verbs }) =>
    verbs.map((verb) => ({ permission: `storage.objects.${verb}`, resource: bucket })),
  );
  if (foreignBuckets === null) return own;
  const permission = "storage.objects.get";
  const named = (env[foreignBuckets] ?? "").split(",").map((name) => name.trim());
  const others = named.filter(Boolean).map((resource) => ({ permission, resource }));
  // None is named: any that is not the fleet's own.
  const any = { permission, resource: "*", except: `${bucketPrefixOf(naming)}-*` };
  return [...own, ...(others.length > 0 ? others : [any])];
}
