import type { AccountSpec, FleetSpec } from "@segue/contracts/fleet-spec";
import { checkClusterAccounts } from "./identity.ts";
import type { Settings } from "./settings.ts";

/** What every part of a topology is made from. */
export interface Ground {
  readonly spec: FleetSpec;
  /** Of all placements: when one takes over, what the other runs as goes on. */
  readonly accounts: readonly AccountSpec[];
  readonly settings: Settings;
  readonly project: string;
  readonly prefix: string;
  /** Where servers make subscriptions for themselves: the fleet's, or one of its own. */
  readonly newsProject: string;
  readonly region: string;
  /** What everything that can have labels has. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Those of specifications from before there were any are their services. */
export function accountsOf({ accounts, services }: FleetSpec): readonly AccountSpec[] {
  return accounts ?? services;
}

/** @throws {TypeError} where Google takes no such names, or settings name what is the fleet's own as others'. */
export function groundOf(spec: FleetSpec, settings: Settings): Ground {
  const { project, prefix, newsProject } = spec;
  for (const [id, variable] of [
    [project, "GOOGLE_CLOUD_PROJECT"],
    [newsProject, "SEGUE_NEWS_PROJECT"],
  ] as const)
    if (!/^[a-z][a-z0-9-]*[a-z0-9]$/.test(id))
      throw new TypeError(`${id}: expected a project's id (${variable}); those of a domain are not taken`);
  if (prefix.endsWith("-"))
    throw new TypeError(`${prefix}: expected a prefix that ends in a letter or digit (SEGUE_PREFIX)`);
  const own = spec.buckets.find(({ name }) => settings.sourceBuckets.includes(name));
  if (own)
    throw new TypeError(
      `settings.sourceBuckets: ${own.name} is the fleet's own, which no source may name; expected buckets of others`,
    );
  const accounts = accountsOf(spec);
  checkClusterAccounts({ project, prefix, settings }, accounts);
  return {
    spec,
    accounts,
    settings,
    project,
    prefix,
    newsProject,
    region: settings.region,
    labels: { app: "segue", fleet: prefix, "managed-by": "pulumi" },
  };
}
