import type { AccountSpec } from "@segue/contracts/fleet-spec";
import { accountEmail, kubernetesAccount, workloadMember, workloadPrincipal } from "./names.ts";
import type { Settings } from "./settings.ts";

/** What an identity is made of. */
interface Identified {
  readonly project: string;
  readonly prefix: string;
  readonly settings: Settings;
}

/** Whether a service is who it is in the cluster, without an account of Google's. One with the database has one all the same: Cloud SQL lets accounts log in, and nobody else. */
export function isDirect({ settings }: Identified, { grants }: AccountSpec): boolean {
  return settings.identity === "direct" && grants.database === null;
}

/** What it is called in the cluster. */
export function clusterAccount({ settings }: Identified, service: string): string {
  return settings.clusterAccounts[service] ?? kubernetesAccount(settings.release, service);
}

/** Who may be a service's account at Google. */
export function workloadOf(ground: Identified, service: string): string {
  return workloadMember(ground.project, ground.settings.namespace, clusterAccount(ground, service));
}

/** Whom things are granted to. */
export function memberOf(ground: Identified, account: AccountSpec): string {
  const { project, prefix, settings } = ground;
  const { projectNumber, namespace } = settings;
  return isDirect(ground, account)
    ? workloadPrincipal({ project, projectNumber }, namespace, clusterAccount(ground, account.name))
    : `serviceAccount:${accountEmail(project, prefix, account.name)}`;
}

/** @throws {TypeError} for an account of the cluster that is no service's, or two services'. */
export function checkClusterAccounts(ground: Identified, accounts: readonly AccountSpec[]): void {
  const known = accounts.map(({ name }) => name);
  for (const name of Object.keys(ground.settings.clusterAccounts))
    if (!known.includes(name))
      throw new TypeError(
        `settings.clusterAccounts.${name}: expected a service of the fleet (${known.join(", ")})`,
      );
  const taken = new Map<string, string>();
  for (const name of known) {
    const account = clusterAccount(ground, name);
    const other = taken.get(account);
    if (other !== undefined)
      throw new TypeError(
        `settings.clusterAccounts: ${account} is ${other} and ${name}; expected an account each, for what one may do the other may too`,
      );
    taken.set(account, name);
  }
}
