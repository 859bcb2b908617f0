export { DataFolderBusyError } from "./fleet/data-folder.ts";
export { ensureTopology } from "./fleet/ensure-topology.ts";
export { transferFlags } from "./fleet/managed-process.ts";
export {
  type CloudEnv,
  type FleetOptions,
  projectFleetUrl,
  type RunningFleet,
  startFleet,
} from "./fleet/start-fleet.ts";
export type { FleetProcess, ProcessEvent } from "./fleet/supervisor.ts";
