import { listPrices, priceOfCpu } from "./list-prices.ts";
import { type CloudUse, priceUse, type StoredBytes, sumOf } from "./price-track.ts";

/** What a fleet took for so many tracks. */
export interface FleetUse {
  readonly tracks: number;
  readonly hours: number;
  /** Of workers, idle ones included. */
  readonly paidCpuSec: number;
  readonly gpuHours: number;
  /** CPUs of servers, which stay. */
  readonly serverCores: number;
  /** Of a track: what its client sends through the load balancer. */
  readonly postedBytes: number;
  /** Of a track: what is fetched for it from outside of Google, through Cloud NAT. */
  readonly fetchedBytes: number;
  /** Of a track. */
  readonly use: CloudUse;
  readonly stored: StoredBytes;
}

export interface HourPrices {
  readonly vcpu: number;
  readonly gpu: number;
}

/** In US dollars per million tracks, unless `HourPrices` are in another currency. */
export interface FleetBill {
  readonly items: Readonly<Record<FleetItem, number>>;
  /** Of all items. */
  readonly total: number;
  readonly keptPerMonth: number;
}

/** In the order in which they are told. */
export const fleetItems = [
  ["cpu", "workers' CPUs"],
  ["gpu", "workers' GPUs"],
  ["servers", "servers' CPUs, as few as there are"],
  ["database", "the database's machine, and its standby"],
  ["cluster", "the cluster's fee, and the load balancer's address"],
  ["posted", "the load balancer: masters that are posted"],
  ["fetched", "Cloud NAT: masters that are fetched by https"],
  ["classA", "storage: operations of class A"],
  ["classB", "storage: operations of class B"],
  ["scratch", "storage: intermediates"],
  ["messages", "messages"],
] as const;
export type FleetItem = (typeof fleetItems)[number][0];

const million = 1_000_000;
/** As infrastructure makes it where nothing else is said: db-custom-2-7680 with a standby. */
const database = { vcpus: 2, gb: 7.5, machines: 2 };
/** Of the catalog's tables, in bytes: docs/cost-counted.md. */
const tableBytes = 2_800;

export function spotPrices(): HourPrices {
  return { vcpu: listPrices.compute.spotVcpuHour, gpu: listPrices.gpu.spotHour };
}

export function onDemandPrices(): HourPrices {
  return { vcpu: listPrices.compute.onDemandVcpuHour, gpu: listPrices.gpu.onDemandHour };
}

/** The whole bill of a fleet, but for logs and metrics, and for what clients fetch. */
export function priceFleet(
  { tracks, hours, paidCpuSec, gpuHours, serverCores, postedBytes, fetchedBytes, use, stored }: FleetUse,
  prices: HourPrices,
): FleetBill {
  const perMillion = (amount: number) => (tracks > 0 ? (amount / tracks) * million : 0);
  const { cluster, balancer, nat } = listPrices;
  const { vcpuHour, gbHour, ssdGbMonth } = listPrices.database;
  const databaseHour = (database.vcpus * vcpuHour + database.gb * gbHour) * database.machines;
  const used = priceUse(use, stored);
  const items = {
    cpu: perMillion(priceOfCpu(paidCpuSec, prices.vcpu)),
    gpu: perMillion(gpuHours * prices.gpu),
    servers: perMillion(serverCores * hours * listPrices.compute.onDemandVcpuHour),
    database: perMillion(hours * databaseHour),
    cluster: perMillion(hours * (cluster.hour + balancer.ruleHour)),
    posted: (postedBytes / 2 ** 30) * balancer.inboundPerGib * million,
    fetched: (fetchedBytes / 2 ** 30) * nat.processedPerGib * million,
    ...used.items,
  };
  const tables = (tableBytes / 1e9) * ssdGbMonth * database.machines * million;
  return { items, total: sumOf(items), keptPerMonth: used.keptPerMonth + tables };
}
