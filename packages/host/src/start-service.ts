import { setTimeout as sleep } from "node:timers/promises";
import { createNames } from "@segue/chain";
import { createPubSub } from "@segue/queue";
import type { ServiceContext } from "@segue/step";
import { defaultPlacement, isServer, loadFleet } from "@segue/step";
import { createObjectStore } from "@segue/store";
import {
  createCounter,
  createHistogram,
  createMetricPush,
  createTelemetry,
  observeMetric,
  type ReadinessPace,
  type Reason,
  startHealthServer,
  startTracing,
  watchReadiness,
} from "@segue/telemetry";
import { metrics as ofProcess } from "@segue/telemetry/process-metrics";
import { type RunnerConfig, readRunnerConfig } from "./config.ts";
import { queueOf, storageOf } from "./dependencies.ts";
import { forgetProxies } from "./forget-proxies.ts";
import { metrics } from "./metrics.ts";
import { requireCredentials } from "./require-credentials.ts";
import { type RunStepsOptions, runSteps } from "./run-steps.ts";
import { NoSuchService } from "./service-failure.ts";
import { startServer } from "./start-server.ts";
import { traceStore } from "./trace-store.ts";
import { watchEdition } from "./watch-edition.ts";

const queueCloseMs = 500;
/** Storage that does not tell by then whose data it holds is asked on beside the work: it may be away. */
const editionMs = 2_000;

export interface StartServiceOptions {
  /** A name of the fleet's. */
  readonly name: string;
  /** Module that exports the fleet. */
  readonly fleetUrl: string;
  readonly env: NodeJS.ProcessEnv;
  readonly readinessPace?: Partial<ReadinessPace>;
}

export interface StartedService {
  /** Serves `/healthz`, `/readyz` and `/metrics`. */
  readonly healthPort: number;
  /** Drains within the drain budget. */
  stop(): Promise<void>;
}

/**
 * Starts one service of a fleet in this process: the real clients, a health server, then the service itself.
 *
 * @throws {ConfigError} if a variable is wrong; {NoSuchService}; {NoCredentials}; {ForeignEditionError} if storage is another edition's.
 */
export async function startService({
  name,
  fleetUrl,
  env,
  readinessPace,
}: StartServiceOptions): Promise<StartedService> {
  const config = readRunnerConfig(env);
  // Clients read the environment itself, when they are first used.
  const proxies = forgetProxies(env);
  const fleet = await loadFleet(fleetUrl);
  const service = fleet.services.get(name);
  if (!service) throw new NoSuchService(name, [...fleet.services.keys()]);
  const telemetry = await openTelemetry(name, config);
  const { log, meter } = telemetry;
  if (proxies.length > 0)
    log.warn(
      { variables: proxies },
      "a proxy is not followed: Google's APIs are asked directly, and for sources and webhooks there is SEGUE_EGRESS_PROXY",
    );
  const clients = openClients(config, telemetry.traces);
  await requireCredentials(clients.pubsub);
  const context: ServiceContext = { ...clients, chain: fleet.chain, log, meter, env };
  const told = await tellReadiness(name, service, { context, config, telemetry, readinessPace });
  const { dependencyTrouble } = told;
  const stopping = new AbortController();
  const edition = watchEdition(context, stopping.signal);
  edition.catch(() => {});
  await Promise.race([edition, sleep(editionMs, undefined, { ref: false })]);
  const running = await run(name, service, { context, config, fleet, fleetUrl, dependencyTrouble });
  told.tell(running.notReady);
  edition.catch(async (error: Error) => {
    log.fatal({ error }, "storage is another edition's: draining");
    told.tell(() => error.message);
    await running.drain();
  });
  log.info({ healthPort: told.port }, "service started");
  const drained = createHistogram(meter, ofProcess.drainDuration);
  return {
    healthPort: told.port,
    async stop() {
      told.tell(() => "draining");
      log.info({}, "draining");
      const begunAt = performance.now();
      told.stopWatching();
      stopping.abort();
      try {
        await running.drain();
        drained((performance.now() - begunAt) / 1_000, {});
        // All that was published is safe by now, unless the queue does not answer.
        await Promise.race([context.pubsub.close(), sleep(queueCloseMs, undefined, { ref: false })]);
      } finally {
        await telemetry.shutdown();
        await told.close();
      }
      log.info({}, "drained");
    },
  };
}

interface RunOptions {
  readonly context: ServiceContext;
  readonly config: RunnerConfig;
  readonly fleet: Awaited<ReturnType<typeof loadFleet>>;
  readonly fleetUrl: string;
  readonly dependencyTrouble: Awaited<ReturnType<typeof tellReadiness>>["dependencyTrouble"];
}

function run(
  name: string,
  service: Parameters<typeof isServer>[0],
  { context, config, fleet, fleetUrl, dependencyTrouble }: RunOptions,
) {
  if (isServer(service)) {
    const { services } = fleet;
    return startServer(service, { ...context, dependencyTrouble, services }, { pollMs: config.chainPollMs });
  }
  const keepsLedger = !fleet.placements.get(defaultPlacement)?.has(name);
  return runSteps({
    ...{ context, config, service, keepsLedger, fleetUrl },
    onEnded: countDeliveries(context, name),
  });
}

interface TellOptions {
  readonly context: ServiceContext;
  readonly config: RunnerConfig;
  readonly telemetry: Awaited<ReturnType<typeof openTelemetry>>;
  readonly readinessPace: Partial<ReadinessPace> | undefined;
}

/** Says on the health port, and as a metric, whether a service is ready: starting, until told of what it says of itself. */
async function tellReadiness(
  name: string,
  service: Parameters<typeof isServer>[0],
  { context, config, telemetry, readinessPace }: TellOptions,
) {
  const readiness = watchReadiness({
    dependencies: [queueOf(context, isServer(service) ? null : service.steps), storageOf(context)],
    log: context.log,
    ...(readinessPace && { pace: readinessPace }),
  });
  let notReady = (): string | undefined => "starting";
  const reasonsNotReady = () => [...ownReason(name, notReady()), ...readiness.reasons()];
  observeMetric(context.meter, ofProcess.ready, () => [
    { value: Number(reasonsNotReady().length === 0), labels: {} },
  ]);
  const health = await startHealthServer({
    ...{ host: config.healthHost, port: config.healthPort },
    ...{ reasonsNotReady, collectMetrics: telemetry.collectMetrics },
  });
  return {
    port: health.port,
    dependencyTrouble: () => inWords(readiness.reasons()),
    tell(why: () => string | undefined) {
      notReady = why;
    },
    stopWatching: () => readiness.stop(),
    close: () => health.close(),
  };
}

/** Logs, metrics and spans, and where they go. */
async function openTelemetry(service: string, config: RunnerConfig) {
  const { logLevel: level, projectId, otlpEndpoint, sampling, pushMetricsMs } = config;
  const own = { service, worker: config.worker, attributes: config.attributes };
  const pushes = otlpEndpoint !== undefined && pushMetricsMs !== null;
  const push = pushes ? await createMetricPush(otlpEndpoint, pushMetricsMs) : undefined;
  const telemetry = createTelemetry({ ...own, level, projectId, push });
  const tracing = await startTracing({ ...own, otlpEndpoint, sampling });
  return {
    ...telemetry,
    traces: tracing.enabled,
    shutdown: () => Promise.all([telemetry.shutdown(), tracing.shutdown()]),
  };
}

/** The real clients; a local cloud is only another address. */
function openClients(
  config: RunnerConfig,
  traces: boolean,
): Pick<ServiceContext, "names" | "pubsub" | "store"> {
  const { projectId, gcsEndpoint } = config;
  const apiEndpoint = gcsEndpoint === undefined ? {} : { apiEndpoint: gcsEndpoint };
  const store = createObjectStore({ projectId, ...apiEndpoint });
  return {
    names: createNames(config),
    pubsub: createPubSub(projectId),
    store: traces ? traceStore(store) : store,
  };
}

function ownReason(what: string, why: string | undefined): readonly Reason[] {
  return why === undefined ? [] : [{ what, why }];
}

function inWords(reasons: readonly { what: string; why: string }[]): string | undefined {
  return reasons.map(({ what, why }) => `${what}: ${why}`).join("; ") || undefined;
}

/** What can't be read may be for any of a service's steps. */
function countDeliveries(
  { meter }: Pick<ServiceContext, "meter">,
  service: string,
): NonNullable<RunStepsOptions["onEnded"]> {
  const count = createCounter(meter, metrics.deliveries);
  const recordSec = createHistogram(meter, metrics.deliveryDuration);
  return ({ step, ending }, durationMs) => {
    const labels = { step: step ?? service, ending };
    count(labels);
    recordSec(durationMs / 1_000, labels);
  };
}
