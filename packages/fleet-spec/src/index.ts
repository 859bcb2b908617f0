export { describeFleet } from "./describe-fleet.ts";
