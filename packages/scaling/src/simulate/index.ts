export { besideSec } from "../wanted-replicas.ts";
export type { SimulatedPool } from "./pool.ts";
export { createScaler, type Scaler } from "./scaler.ts";
export {
  type Nodes,
  type Scenario,
  type SimulatedService,
  type SimulatedStep,
  servicesOf,
} from "./scenario.ts";
export { percentilesOf, type SimulatedFleet, type SimulatedLook, StuckError, simulate } from "./simulate.ts";
