export { DataFolderBusyError } from "./fleet/data-folder.ts";
export { ensureTopology } from "./fleet/ensure-topology.ts";
export { transferFlags } from "./fleet/managed-process.ts";
export { projectFleetUrl } from "./fleet/project-fleet.ts";
export {
  type CloudEnv,
  type FleetOptions,
  type RunningFleet,
  startFleet,
} from "./fleet/start-fleet.ts";
export type { FleetProcess, ProcessEvent } from "./fleet/supervisor.ts";
