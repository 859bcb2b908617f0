import { countingServers, sumOf, type UsageRow } from "@segue/local-cloud/usage";

/** What a track uses, in the units that are paid for. */
export interface TrackUse {
  readonly classA: number;
  readonly classB: number;
  readonly upBytes: number;
  readonly downBytes: number;
  readonly published: number;
  /** Of those, the ones that no subscription takes. */
  readonly unheard: number;
  readonly publishedBytes: number;
  readonly delivered: number;
  readonly deliveredBytes: number;
  readonly statements: number;
  /** Of the services. */
  readonly cpuSec: number;
  /** Of what stands in for the cloud. */
  readonly cloudCpuSec: number;
}

export function summariseTrack(rows: readonly UsageRow[]): TrackUse {
  const total = (name: string, labels?: Record<string, string>) => sumOf(rows, name, labels);
  const published = total("published_messages");
  const cloudCpuMs = countingServers.reduce((sum, service) => sum + total("cpu_ms", { service }), 0);
  return {
    classA: total("storage_operations", { class: "A" }),
    classB: total("storage_operations", { class: "B" }),
    upBytes: total("storage_bytes", { direction: "up" }),
    downBytes: total("storage_bytes", { direction: "down" }),
    published,
    unheard: published - total("published_messages", { to: "somebody" }),
    publishedBytes: total("published_bytes"),
    delivered: total("delivered_messages"),
    deliveredBytes: total("delivered_bytes"),
    statements: total("sql_statements"),
    cpuSec: (total("cpu_ms") - cloudCpuMs) / 1_000,
    cloudCpuSec: cloudCpuMs / 1_000,
  };
}
