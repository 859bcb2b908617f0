/** What is used and what it costs, for whoever has no catalog to ask. */
export { listPrices } from "./list-prices.ts";
export { reckonUse } from "./measured-use.ts";
export {
  type FleetBill,
  type FleetItem,
  fleetItems,
  type HourPrices,
  onDemandPrices,
  priceFleet,
  spotPrices,
} from "./price-hours.ts";
