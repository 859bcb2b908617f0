import type { PlacedFleet } from "@segue/step";
import type { Clients } from "../play/clients.ts";
import type { Cloud } from "../world/cloud.ts";
import { watchRequests } from "./backfills.ts";
import type { Report } from "./breach.ts";
import { watchCatalog, watchDeletions } from "./catalog.ts";
import type { Known } from "./end.ts";
import { Expectations } from "./expectations.ts";
import { watchFetches } from "./fetches.ts";
import { watchLeases } from "./leases.ts";
import { watchOwnership } from "./ownership.ts";
import { watchPromises } from "./promises.ts";
import { watchResults } from "./results.ts";
import { watchStorageOrder } from "./storage-order.ts";

/** Has every law looked at whenever what it is about happens. */
export function watchLaws(
  cloud: Cloud,
  clients: Clients,
  { chain }: Pick<PlacedFleet, "chain">,
  report: Report,
): Known {
  const expectations = new Expectations();
  watchResults(cloud, expectations, report);
  const told = watchOwnership(cloud, chain, report);
  watchStorageOrder(cloud, report);
  watchFetches(cloud, report);
  watchLeases(cloud, report);
  watchCatalog(cloud, report);
  watchDeletions(cloud, report);
  watchPromises(cloud, clients, report);
  const requested = watchRequests(cloud);
  guardAcks(cloud, report);
  return { expectations, chain, told, requested };
}

/** An error of a law's own must not look like one of the product that it is called from. */
function guardAcks({ faults }: Cloud, report: Report): void {
  const look = faults.onAckCalled;
  faults.onAckCalled = (lease) => {
    try {
      look(lease);
    } catch (error) {
      report("the laws themselves", error instanceof Error ? `${error.stack}` : String(error));
    }
  };
}
