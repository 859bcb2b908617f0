export type { SimulatedPool } from "./pool.ts";
export {
  type Nodes,
  type Scenario,
  type SimulatedService,
  type SimulatedStep,
  servicesOf,
} from "./scenario.ts";
export { type SimulatedFleet, simulate } from "./simulate.ts";
