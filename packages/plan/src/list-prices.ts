/**
 * What Google Cloud charges by its public lists, in US dollars, for us-central1, without discounts, free tiers or taxes. Check a price at
 * its source before you quote it.
 */
export const listPrices = {
  asOf: "2026-09",
  region: "us-central1",
  storage: {
    classAPerMillion: 5,
    classBPerMillion: 0.4,
    standardPerGbMonth: 0.02,
    source: "https://cloud.google.com/storage/pricing",
  },
  pubsub: {
    /** Of what is published and of what is delivered. */
    throughputPerTib: 40,
    /** Of each request; counted here of each message, as if none shared a request. */
    minBytes: 1_000,
    source: "https://cloud.google.com/pubsub/pricing",
  },
  compute: {
    /** Of a preemptible node, its memory included. It moves from month to month. */
    spotVcpuHour: 0.009,
    source: "https://cloud.google.com/spot-vms/pricing",
  },
} as const;

/** What CPU time costs, in US dollars unless the price is in another currency. @param perVcpuHour of a preemptible node by the list when left out. */
export function priceOfCpu(cpuSec: number, perVcpuHour: number = listPrices.compute.spotVcpuHour): number {
  return (cpuSec / 3_600) * perVcpuHour;
}
