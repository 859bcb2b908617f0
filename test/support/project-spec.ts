import { localNaming } from "@segue/chain";
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { describeFleet } from "@segue/fleet-spec";
import { projectFleetUrl } from "@segue/launcher";
import { loadFleet } from "@segue/step";

/** The project's fleet, or another file's, as it is specified on one machine. */
export async function specOf(placement = "default", fleetUrl = projectFleetUrl): Promise<FleetSpec> {
  const fleet = await loadFleet(fleetUrl, { SEGUE_PLACEMENT: placement });
  return describeFleet(fleet, localNaming, placement);
}
