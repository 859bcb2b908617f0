/**
 * What things are called at Google and in the cluster. The chart calls a service's account in Kubernetes and the one at Google that it stands
 * for as `kubernetesAccount` and `accountEmail` do.
 */

/** What nodes themselves run as: they write logs and metrics, and fetch images. */
export const nodesAccount = "nodes";

/**
 * @throws {TypeError} where Google takes no such name.
 */
export function accountId(prefix: string, service: string): string {
  const id = `${prefix}-${service}`;
  if (/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(id)) return id;
  throw new TypeError(
    `${id}: expected 6 to 30 lower-case letters, digits and hyphens, for so a service account of Google's is called (SEGUE_PREFIX and ` +
      `the service's name): it has ${id.length}`,
  );
}

/** @throws {TypeError} as `accountId`. */
export function accountEmail(project: string, prefix: string, service: string): string {
  return `${accountId(prefix, service)}@${project}.iam.gserviceaccount.com`;
}

/** In the cluster, as the chart's `segue.fullname`. */
export function kubernetesAccount(release: string, service: string): string {
  return `${release}-${service}`.slice(0, 63).replace(/-$/, "");
}

/** Whoever runs as that account of the cluster. */
export function workloadMember(project: string, namespace: string, account: string): string {
  return `serviceAccount:${project}.svc.id.goog[${namespace}/${account}]`;
}

/** Who that account of the cluster is itself, where it stands for none of Google's. */
export function workloadPrincipal(
  { project, projectNumber }: { readonly project: string; readonly projectNumber: string },
  namespace: string,
  account: string,
): string {
  const pool = `projects/${projectNumber}/locations/global/workloadIdentityPools/${project}.svc.id.goog`;
  return `principal://iam.googleapis.com/${pool}/subject/ns/${namespace}/sa/${account}`;
}

/** What Pub/Sub does its own work as: it moves what was given up to the dead letters. */
export function queueAgent(projectNumber: string): string {
  return `serviceAccount:service-${projectNumber}@gcp-sa-pubsub.iam.gserviceaccount.com`;
}

/** How Postgres knows an account. */
export function databaseUser(email: string): string {
  return email.replace(/\.gserviceaccount\.com$/, "");
}
