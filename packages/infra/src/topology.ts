import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { accountResources } from "./accounts.ts";
import { alertResources } from "./alerts.ts";
import { apiAddressResources } from "./api-address.ts";
import { apiResources } from "./apis.ts";
import { bucketResources } from "./buckets.ts";
import { budgetResources } from "./budget.ts";
import { clusterResources } from "./cluster.ts";
import { databaseResources } from "./database.ts";
import { groundOf } from "./ground.ts";
import { imageResources } from "./images.ts";
import { logResources } from "./logs.ts";
import { metricAlertResources } from "./metric-alerts.ts";
import { networkResources } from "./network.ts";
import { poolResources } from "./pools.ts";
import { queueResources } from "./queue.ts";
import { roleResources } from "./roles.ts";
import type { Settings } from "./settings.ts";

/** Every resource that there can be, each type with the arguments that it is given. */
export type FleetResource = ReturnType<typeof topology>[number];

/**
 * All that a fleet needs of Google Cloud, as data. The same specification and settings make the same resources.
 *
 * @throws {TypeError} in words, where Google would not take a name, or where settings contradict the fleet.
 */
export function topology(spec: FleetSpec, settings: Settings) {
  const ground = groundOf(spec, settings);
  const all = [
    ...apiResources(ground),
    ...networkResources(ground),
    ...apiAddressResources(ground),
    ...imageResources(ground),
    ...clusterResources(ground),
    ...poolResources(ground),
    ...queueResources(ground),
    ...bucketResources(ground),
    ...databaseResources(ground),
    ...roleResources(ground),
    ...accountResources(ground),
    ...logResources(ground),
    ...alertResources(ground),
    ...metricAlertResources(ground),
    ...budgetResources(ground),
  ];
  const twice = all.find(({ name }, index) => all.findIndex((each) => each.name === name) !== index);
  if (twice)
    throw new TypeError(`${twice.name}: expected one of that name; a service has to be called otherwise`);
  return all;
}
