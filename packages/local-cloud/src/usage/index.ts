export { type CountingServer, countingServers, readUsage } from "./serve-usage.ts";
export { keyOf, sumOf, type UsageRow } from "./usage-counts.ts";
