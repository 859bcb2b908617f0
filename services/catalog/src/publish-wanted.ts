import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "@segue/catalog-db";
import { type WantedService, wantedByService } from "@segue/scaling";
import type { ServerContext } from "@segue/step";
import { observeMetric } from "@segue/telemetry";
import { metrics } from "./metrics.ts";

/** Metrics that are collected together are of one look, and whoever asks often costs no more than that. */
const lookMs = 2_000;
/** Whoever collects metrics gets the others in time. */
const patienceMs = 2_000;

/** How much waits for each service, and how many replicas that takes, as metrics that are read when somebody asks. */
export function publishWanted({ meter, chain, services = new Map() }: ServerContext, pool: Pool): void {
  const look = lookNowAndThen(() => wantedByService(pool, chain, services));
  const observe = (metric: Observed, read: (wanted: WantedService) => number) =>
    observeMetric(meter, metric, async () =>
      (await look()).map((wanted) => ({ value: read(wanted), labels: { service: wanted.service } })),
    );
  observe(metrics.wantedReplicas, ({ replicas }) => replicas);
  observe(metrics.waitingAttempts, ({ attempts }) => attempts);
  observe(metrics.waitingCpuSeconds, ({ cpuSec }) => cpuSec);
}

type Observed = (typeof metrics)["wantedReplicas" | "waitingAttempts" | "waitingCpuSeconds"];

/** One look at a time. Of one that fails, or is late, nothing is known, which has no series; why the database does not answer is told elsewhere. */
function lookNowAndThen<T>(ask: () => Promise<readonly T[]>): () => Promise<readonly T[]> {
  let looking: Promise<readonly T[]> | undefined;
  return () => {
    looking ??= ask()
      .catch(() => [])
      .finally(() => setTimeout(() => (looking = undefined), lookMs).unref());
    return Promise.race([looking, sleep(patienceMs, [], { ref: false })]);
  };
}
