import { listPrices, priceOfCpu } from "./list-prices.ts";

/** What a track uses of storage and queue, in the units that are paid for. */
export interface CloudUse {
  readonly classA: number;
  readonly classB: number;
  readonly published: number;
  readonly publishedBytes: number;
  readonly delivered: number;
  readonly deliveredBytes: number;
}

/** Bytes that a track has left in buckets, by their role. */
export type StoredBytes = Readonly<Record<"masters" | "records" | "assets" | "scratch", number>>;

/** In US dollars per million tracks. */
export interface Bill {
  readonly classA: number;
  readonly classB: number;
  readonly scratch: number;
  readonly messages: number;
  readonly cpu: number;
  /** Of all above. What is kept is no part of it: it costs so long as it is kept. */
  readonly total: number;
  readonly keptPerMonth: number;
}

const million = 1_000_000;
const daysPerMonth = 30.4;
/** Intermediates are deleted half an hour after all that was asked of their track has ended (`SEGUE_INTERMEDIATES_KEEP_MS`). */
const scratchDays = 0.5 / 24;

/** What a million tracks cost that use as much each, and what is kept of them. */
export function priceUse(use: CloudUse, stored: StoredBytes) {
  const { storage, pubsub } = listPrices;
  const gbMonths = (bytes: number) => (bytes / 1e9) * storage.standardPerGbMonth * million;
  const billedBytes =
    Math.max(use.publishedBytes, use.published * pubsub.minBytes) +
    Math.max(use.deliveredBytes, use.delivered * pubsub.minBytes);
  return {
    items: {
      classA: use.classA * storage.classAPerMillion,
      classB: use.classB * storage.classBPerMillion,
      scratch: gbMonths(stored.scratch) * (scratchDays / daysPerMonth),
      messages: (billedBytes / 2 ** 40) * pubsub.throughputPerTib * million,
    },
    keptPerMonth: gbMonths(stored.masters + stored.records + stored.assets),
  };
}

/** Of a track that was measured: the CPU time of its services, and nothing idle. */
export function priceTrack(use: CloudUse & { readonly cpuSec: number }, stored: StoredBytes): Bill {
  const { items, keptPerMonth } = priceUse(use, stored);
  const all = { ...items, cpu: priceOfCpu(use.cpuSec) * million };
  return { ...all, total: sumOf(all), keptPerMonth };
}

export function sumOf(items: Readonly<Record<string, number>>): number {
  return Object.values(items).reduce((sum, item) => sum + item, 0);
}
