import { listPrices, priceOfCpu } from "@segue/plan";
import type { TrackUse } from "./summarise-track.ts";

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

export function priceTrack(use: TrackUse, stored: StoredBytes): Bill {
  const { storage, pubsub } = listPrices;
  const gbMonths = (bytes: number) => (bytes / 1e9) * storage.standardPerGbMonth * million;
  const billedBytes =
    Math.max(use.publishedBytes, use.published * pubsub.minBytes) +
    Math.max(use.deliveredBytes, use.delivered * pubsub.minBytes);
  const parts = {
    classA: use.classA * storage.classAPerMillion,
    classB: use.classB * storage.classBPerMillion,
    scratch: gbMonths(stored.scratch) * (scratchDays / daysPerMonth),
    messages: (billedBytes / 2 ** 40) * pubsub.throughputPerTib * million,
    cpu: priceOfCpu(use.cpuSec) * million,
  };
  return {
    ...parts,
    total: Object.values(parts).reduce((sum, part) => sum + part, 0),
    keptPerMonth: gbMonths(stored.masters + stored.records + stored.assets),
  };
}
