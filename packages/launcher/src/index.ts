export { transferFlags } from "@segue/host/node-flags";
export { DataFolderBusyError, DataFolderUnusableError } from "./data-folder.ts";
export { ensureTopology } from "./ensure-topology.ts";
export { projectFleetUrl } from "./project-fleet.ts";
export { type FleetOptions, type RunningFleet, startFleet } from "./start-fleet.ts";
export type { CloudEnv } from "./start-local-cloud.ts";
export type { FleetProcess, ProcessEvent } from "./supervisor.ts";
