import { fetchService, priorities } from "@segue/chain";
import { createSubscriber, type Delivery, traceDelivery } from "@segue/queue";
import type { RunningService, ServerContext } from "@segue/step";
import { createCounter, createHistogram } from "@segue/telemetry";
import { readFetchConfig } from "./config.ts";
import { createFetchContext } from "./create-fetch-context.ts";
import type { FetchContext } from "./fetch-context.ts";
import { handleFetch } from "./handle-fetch.ts";
import { metrics } from "./metrics.ts";

/** Kept of the drain budget for what comes after the last fetch: acks, closing. */
const closingMs = 2_000;
/** A lease is extended for as long as a fetch may take, and some more. */
const leaseMarginMs = 60_000;

/** Pulls fetches. A fetch that runs when the service is to stop is given what the drain budget leaves, then goes back. */
export async function startFetch(
  context: ServerContext,
  options: { readonly ca?: string } = {},
): Promise<RunningService> {
  const config = readFetchConfig(context.env);
  const stopping = new AbortController();
  const parts = createFetchContext({ ...context, ...options, config, stopping: stopping.signal });
  const count = createCounter(context.meter, metrics.fetches);
  const recordDuration = createHistogram(context.meter, metrics.fetchDuration);
  const subscribers = priorities.map((priority) =>
    createSubscriber(context.pubsub, {
      subscription: context.names.taskSubscription(fetchService, priority),
      concurrency: config.atOnce,
      drainMs: Math.max(100, config.drainMs - closingMs / 2),
      leaseMs: config.sourceTimeoutMs + leaseMarginMs,
      async handle(delivery) {
        const startedAt = performance.now();
        const ending = await handleTraced(parts, delivery);
        count({ ending });
        recordDuration((performance.now() - startedAt) / 1_000, { ending });
      },
      onError: (error) => context.log.error({ error }, "subscription failed"),
    }),
  );
  return {
    notReady: () => subscribers.map((each) => each.trouble()).find((trouble) => trouble !== undefined),
    async drain() {
      const timer = setTimeout(() => stopping.abort(), Math.max(0, config.drainMs - closingMs));
      await Promise.all(subscribers.map((subscriber) => subscriber.drain()));
      clearTimeout(timer);
      stopping.abort();
    },
  };
}

/** What it sends belongs to the trace of what has come. */
function handleTraced(context: FetchContext, delivery: Delivery) {
  return traceDelivery(fetchService, delivery, async (span, trace) => {
    const ending = await handleFetch({ ...context, publisher: context.publisher.within(trace) }, delivery);
    span.setAttribute("segue.ending", ending);
    return ending;
  });
}
