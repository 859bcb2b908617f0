import { fetchService, type Names, type Naming, type Topology } from "@segue/chain";
import type { Fleet } from "@segue/step";

/** What describing a part of a fleet needs of the whole. */
export interface FleetParts {
  readonly fleet: Fleet;
  readonly naming: Naming;
  readonly placement: string;
  readonly names: Names;
  readonly topology: Topology;
}

/** All services that tasks are for, as the fleet lists them. */
export function taskServices({ fleet: { chain } }: Pick<FleetParts, "fleet">): readonly string[] {
  return [...new Set([fetchService, ...chain.steps.map(({ name }) => chain.serviceOf(name))])];
}
