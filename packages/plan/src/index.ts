export { listPrices, priceOfCpu } from "./list-prices.ts";
export { measuredUse, reckonUse } from "./measured-use.ts";
export { type CatalogPlan, type PlannedStep, type PlanRequest, planCatalog } from "./plan-catalog.ts";
export { type ArtifactState, type MasterPlan, planMaster, type Reason } from "./plan-master.ts";
export { type PlannedTrack, planTracks } from "./plan-tracks.ts";
export {
  type FleetBill,
  type FleetUse,
  fleetItems,
  type HourPrices,
  onDemandPrices,
  priceFleet,
  spotPrices,
} from "./price-hours.ts";
export { type Bill, type CloudUse, priceTrack, type StoredBytes } from "./price-track.ts";
export { joinAddresses } from "./state-query.ts";
export { countTracks, filterTracks, type TrackSelection } from "./track-selection.ts";
