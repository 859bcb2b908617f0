import type { ServiceSpec } from "@segue/contracts/fleet-spec";
import { apiName, newsApiName } from "./apis.ts";
import type { Ground } from "./ground.ts";
import { resource } from "./resource.ts";

type Verbs = ServiceSpec["grants"]["objects"][number]["verbs"];

/** Roles of our own: of Google's, even the least allow more than the specification says. */
const queueRoles = {
  publish: ["pubsub.topics.publish"],
  consume: ["pubsub.subscriptions.consume"],
  attach: ["pubsub.topics.attachSubscription"],
  /** Of a whole project, since subscriptions that a process makes have no policy, and Pub/Sub knows no conditions by name: `newsProject`. */
  listen: ["pubsub.subscriptions.consume", "pubsub.subscriptions.create", "pubsub.subscriptions.delete"],
} as const;

export const listenRole = "listen" satisfies keyof typeof queueRoles;

/** Of buckets that are others', of other projects too, where roles of ours can't be granted: `storage.objects.get`, and nothing else. */
export const foreignRole = "roles/storage.legacyObjectReader";

export const objectsRole = (verbs: Verbs) => `objects-${verbs.toSorted().join("-")}`;
export const roleName = (role: string) => `role/${role}`;

function customRoleId(prefix: string, role: string): string {
  return `${prefix}_${role}`.replaceAll("-", "_");
}

/** A project's own roles are granted in that project alone. */
function projectOfRole({ project, newsProject }: Ground, role: string): string {
  return role === listenRole ? newsProject : project;
}

/** How bindings name it. */
export function roleId(ground: Ground, role: string): string {
  return `projects/${projectOfRole(ground, role)}/roles/${customRoleId(ground.prefix, role)}`;
}

export function roleResources(ground: Ground) {
  const { prefix } = ground;
  return [...rolesOf(ground)].map(([role, permissions]) =>
    resource(
      "gcp:projects/iAMCustomRole:IAMCustomRole",
      roleName(role),
      {
        project: projectOfRole(ground, role),
        roleId: customRoleId(prefix, role),
        title: `${prefix}: ${role.replaceAll("-", " ")}`,
        description: `Services of the fleet ${prefix}: ${permissions.join(", ")}`,
        permissions: [...permissions],
        stage: "GA",
      },
      { dependsOn: [projectOfRole(ground, role) === ground.project ? apiName("iam") : newsApiName("iam")] },
    ),
  );
}

/** Those that something in the specification asks for. */
function rolesOf({ accounts }: Ground): ReadonlyMap<string, readonly string[]> {
  const verbs = accounts.flatMap(({ grants }) => grants.objects.map((each) => each.verbs));
  return new Map<string, readonly string[]>([
    ...Object.entries(queueRoles),
    ...verbs.map((each): [string, string[]] => [
      objectsRole(each),
      each.toSorted().map((verb) => `storage.objects.${verb}`),
    ]),
  ]);
}
