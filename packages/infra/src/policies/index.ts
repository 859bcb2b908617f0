import type { FleetSpec } from "@segue/contracts/fleet-spec";
import type { Settings } from "../settings.ts";
import type { FleetResource } from "../topology.ts";
import { identityPolicies } from "./identity-policies.ts";
import { machinePolicies } from "./machine-policies.ts";
import type { Policy } from "./policy.ts";
import { queuePolicies } from "./queue-policies.ts";
import { shapePolicies } from "./shape-policies.ts";
import { storagePolicies } from "./storage-policies.ts";

/** What a topology must keep, whoever has changed what makes it. Nothing is created of one that does not. */
export const policies: readonly Policy[] = [
  ...storagePolicies,
  ...queuePolicies,
  ...identityPolicies,
  ...machinePolicies,
  ...shapePolicies,
];

export interface Violation {
  readonly policy: string;
  readonly found: string;
}

export function violationsOf(
  resources: readonly FleetResource[],
  spec: FleetSpec,
  settings: Settings,
): readonly Violation[] {
  return policies.flatMap(({ name, find }) =>
    find({ resources, spec, settings }).map((found) => ({ policy: name, found })),
  );
}
