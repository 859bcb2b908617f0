import { invalidArgument } from "./status-error.ts";

const ID = /^[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}$/;
const PROJECT = /^projects\/([^/]+)$/;

function checkResourceName(
  field: string,
  kind: "topics" | "subscriptions" | "snapshots",
  name: string,
): void {
  const [projects, project, collection, id, ...rest] = name.split("/");
  const wellFormed =
    projects === "projects" && !!project && collection === kind && id !== undefined && rest.length === 0;
  if (!wellFormed) throw invalidArgument(field, `a name of the form projects/{project}/${kind}/{id}`, name);
  if (!ID.test(id) || id.startsWith("goog")) {
    throw invalidArgument(
      field,
      "an id of 3 to 255 letters, digits, - _ . ~ + % that starts with a letter and not with goog",
      id,
    );
  }
}

/** Throws INVALID_ARGUMENT unless `name` is `projects/{project}/topics/{id}` with a legal id. */
export function checkTopicName(name: string, field = "topic"): void {
  checkResourceName(field, "topics", name);
}

/** Throws INVALID_ARGUMENT unless `name` is `projects/{project}/subscriptions/{id}` with a legal id. */
export function checkSubscriptionName(name: string, field = "subscription"): void {
  checkResourceName(field, "subscriptions", name);
}

/** Throws INVALID_ARGUMENT unless `name` is `projects/{project}/snapshots/{id}` with a legal id. */
export function checkSnapshotName(name: string, field = "snapshot"): void {
  checkResourceName(field, "snapshots", name);
}

/** Throws INVALID_ARGUMENT unless `name` is `projects/{project}`. */
export function checkProjectName(name: string): void {
  if (!PROJECT.test(name)) throw invalidArgument("project", "a name of the form projects/{project}", name);
}

/** The project id inside a checked resource name. */
export function projectOf(name: string): string {
  return name.split("/")[1] ?? "";
}

/** The last part of a checked resource name. */
export function idOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
