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
    /** Of a node that stays (n2d-standard), its 4 GB of memory included. */
    onDemandVcpuHour: 0.042,
    onDemandAsOf: "2025",
    onDemandSource: "https://cloud.google.com/compute/vm-instance-pricing",
  },
  gpu: {
    model: "nvidia-l4",
    asOf: "2025",
    onDemandHour: 0.56,
    /** At most: of preemptible ones Google promises 60 % less. It moves from month to month. */
    spotHour: 0.224,
    source: "https://cloud.google.com/compute/gpus-pricing",
  },
  /** Cloud SQL for Postgres, Enterprise, of one instance. A standby in another zone costs as much again, its disk too. */
  database: {
    asOf: "2026-05",
    vcpuHour: 0.0413,
    gbHour: 0.007,
    ssdGbMonth: 0.17,
    source: "https://cloud.google.com/sql/pricing",
  },
  /** GKE's fee for a cluster, whatever its size. One zonal cluster per billing account is free of it; that is not reckoned with. */
  cluster: { asOf: "2026", hour: 0.1, source: "https://cloud.google.com/kubernetes-engine/pricing" },
  /** An external Application Load Balancer with one address, and what clients send through it. */
  balancer: {
    asOf: "2026",
    ruleHour: 0.025,
    inboundPerGib: 0.008,
    source: "https://cloud.google.com/load-balancing/pricing",
  },
  /** Cloud NAT, through which private nodes reach hosts outside of Google: of each byte, in either direction. Its hours are not reckoned with. */
  nat: { asOf: "2026", processedPerGib: 0.045, source: "https://cloud.google.com/nat/pricing" },
} as const;

/** What CPU time costs, in US dollars unless the price is in another currency. @param perVcpuHour of a preemptible node by the list when left out. */
export function priceOfCpu(cpuSec: number, perVcpuHour: number = listPrices.compute.spotVcpuHour): number {
  return (cpuSec / 3_600) * perVcpuHour;
}
