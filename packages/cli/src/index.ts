export { DataFolderBusyError } from "./fleet/data-folder.ts";
export { ensureTopology } from "./fleet/ensure-topology.ts";
export { type FleetOptions, projectFleetUrl, type RunningFleet, startFleet } from "./fleet/start-fleet.ts";
