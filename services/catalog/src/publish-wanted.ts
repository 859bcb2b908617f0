import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "@segue/catalog-db";
import { type WantedService, wantedByService } from "@segue/scaling";
import type { ServerContext } from "@segue/step";
import { observeMetric } from "@segue/telemetry";
import { metrics } from "./metrics.ts";

/** Whoever asks more often is told the same. */
const lookMs = 5_000;
/** Whoever collects metrics gets the others in time. */
const patienceMs = 2_000;
/** While the next look takes its time, or fails, what was known before holds for so long. */
const holdsMs = 30_000;

/** How much waits for each service, and how many replicas that takes, as metrics that are read when somebody asks. */
export function publishWanted({ meter, chain, env, services = new Map() }: ServerContext, pool: Pool): void {
  const look = lookNowAndThen(() => wantedByService(pool, chain, services, env));
  const observe = (metric: Observed, read: (wanted: WantedService) => number) =>
    observeMetric(meter, metric, async () =>
      (await look()).map((wanted) => ({ value: read(wanted), labels: { service: wanted.service } })),
    );
  observe(metrics.wantedReplicas, ({ replicas }) => replicas);
  observe(metrics.waitingAttempts, ({ attempts }) => attempts);
  observe(metrics.waitingCpuSeconds, ({ cpuSec }) => cpuSec);
}

type Observed = (typeof metrics)["wantedReplicas" | "waitingAttempts" | "waitingCpuSeconds"];

/** One look at a time. Where nothing is known of late there is nothing; why the database does not answer is told elsewhere. */
function lookNowAndThen<T>(ask: () => Promise<readonly T[]>): () => Promise<readonly T[]> {
  let known: { readonly atMs: number; readonly answer: readonly T[] } | undefined;
  let looking: Promise<void> | undefined;
  const ageMs = () => (known === undefined ? Number.POSITIVE_INFINITY : performance.now() - known.atMs);
  const look = async () => {
    const answer = await ask().catch(() => undefined);
    if (answer) known = { atMs: performance.now(), answer };
  };
  return async () => {
    if (ageMs() > lookMs)
      looking ??= look().finally(() => {
        looking = undefined;
      });
    if (looking) await Promise.race([looking, sleep(patienceMs, undefined, { ref: false })]);
    return known === undefined || ageMs() > holdsMs ? [] : known.answer;
  };
}
