import type { FleetSpec } from "@segue/contracts/fleet-spec";
import type { Settings } from "./settings.ts";

/** What every part of a topology is made from. */
export interface Ground {
  readonly spec: FleetSpec;
  readonly settings: Settings;
  readonly project: string;
  readonly prefix: string;
  readonly region: string;
  /** What everything that can have labels has. */
  readonly labels: Readonly<Record<string, string>>;
}

/** @throws {TypeError} where Google takes no such names. */
export function groundOf(spec: FleetSpec, settings: Settings): Ground {
  const { project, prefix } = spec;
  if (!/^[a-z][a-z0-9-]*[a-z0-9]$/.test(project))
    throw new TypeError(
      `${project}: expected a project's id (GOOGLE_CLOUD_PROJECT); those of a domain are not taken`,
    );
  if (prefix.endsWith("-"))
    throw new TypeError(`${prefix}: expected a prefix that ends in a letter or digit (SEGUE_PREFIX)`);
  return {
    spec,
    settings,
    project,
    prefix,
    region: settings.region,
    labels: { app: "segue", fleet: prefix, "managed-by": "pulumi" },
  };
}
