import type { ServiceSpec } from "@segue/contracts/fleet-spec";
import { apiName } from "./apis.ts";
import type { Ground } from "./ground.ts";
import { resource } from "./resource.ts";

type Verbs = ServiceSpec["grants"]["objects"][number]["verbs"];

/** Roles of our own: of Google's, even the least allow more than the specification says. */
const queueRoles = {
  publish: ["pubsub.topics.publish"],
  consume: ["pubsub.subscriptions.consume"],
  attach: ["pubsub.topics.attachSubscription"],
  /** Of the whole project, since subscriptions that a process makes have no policy, and Pub/Sub knows no conditions. */
  listen: ["pubsub.subscriptions.consume", "pubsub.subscriptions.create", "pubsub.subscriptions.delete"],
} as const;

/** Of buckets that are others', of other projects too, where roles of ours can't be granted: `storage.objects.get`, and nothing else. */
export const foreignRole = "roles/storage.legacyObjectReader";

export const objectsRole = (verbs: Verbs) => `objects-${verbs.toSorted().join("-")}`;
export const roleName = (role: string) => `role/${role}`;

function customRoleId(prefix: string, role: string): string {
  return `${prefix}_${role}`.replaceAll("-", "_");
}

/** How bindings name it. */
export function roleId({ project, prefix }: Ground, role: string): string {
  return `projects/${project}/roles/${customRoleId(prefix, role)}`;
}

export function roleResources(ground: Ground) {
  const { project, prefix } = ground;
  return [...rolesOf(ground)].map(([role, permissions]) =>
    resource(
      "gcp:projects/iAMCustomRole:IAMCustomRole",
      roleName(role),
      {
        project,
        roleId: customRoleId(prefix, role),
        title: `${prefix}: ${role.replaceAll("-", " ")}`,
        description: `Services of the fleet ${prefix}: ${permissions.join(", ")}`,
        permissions: [...permissions],
        stage: "GA",
      },
      { dependsOn: [apiName("iam")] },
    ),
  );
}

/** Those that something in the specification asks for. */
function rolesOf({ spec }: Ground): ReadonlyMap<string, readonly string[]> {
  const verbs = spec.services.flatMap(({ grants }) => grants.objects.map((each) => each.verbs));
  return new Map<string, readonly string[]>([
    ...Object.entries(queueRoles),
    ...verbs.map((each): [string, string[]] => [
      objectsRole(each),
      each.toSorted().map((verb) => `storage.objects.${verb}`),
    ]),
  ]);
}
