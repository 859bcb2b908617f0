export { type CountingServer, countingServers, readUsage } from "./serve-usage.ts";
export type { UsageRow } from "./usage-counts.ts";
