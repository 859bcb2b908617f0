import { setTimeout as sleep } from "node:timers/promises";
import { createNames } from "@segue/chain";
import { createPubSub } from "@segue/queue";
import type { ServiceContext } from "@segue/step";
import { defaultPlacement, isServer, loadFleet } from "@segue/step";
import { createObjectStore } from "@segue/store";
import {
  createCounter,
  createHistogram,
  createTelemetry,
  type ReadinessPace,
  startHealthServer,
  startTracing,
  watchReadiness,
} from "@segue/telemetry";
import { type RunnerConfig, readRunnerConfig } from "./config.ts";
import { queueOf, storageOf } from "./dependencies.ts";
import { metrics } from "./metrics.ts";
import { requireCredentials } from "./require-credentials.ts";
import { type RunStepsOptions, runSteps } from "./run-steps.ts";
import { NoSuchService } from "./service-failure.ts";
import { startServer } from "./start-server.ts";
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
  const fleet = await loadFleet(fleetUrl);
  const service = fleet.services.get(name);
  if (!service) throw new NoSuchService(name, [...fleet.services.keys()]);
  const { logLevel: level, projectId } = config;
  const { log, meter, collectMetrics } = createTelemetry({ service: name, level, projectId });
  const tracing = await startTracing({ service: name, otlpEndpoint: config.otlpEndpoint });
  const clients = openClients(config);
  await requireCredentials(clients.pubsub);
  const context: ServiceContext = { ...clients, chain: fleet.chain, log, meter, env };
  const readiness = watchReadiness({
    dependencies: [queueOf(context, isServer(service) ? null : service.steps), storageOf(context)],
    log,
    ...(readinessPace && { pace: readinessPace }),
  });
  const dependencyTrouble = () => inWords(readiness.reasons());
  let notReady = (): string | undefined => "starting";
  const health = await startHealthServer({
    host: config.healthHost,
    port: config.healthPort,
    reasonsNotReady() {
      const own = notReady();
      return [...(own === undefined ? [] : [{ what: name, why: own }]), ...readiness.reasons()];
    },
    collectMetrics,
  });
  const stopping = new AbortController();
  const edition = watchEdition(context, stopping.signal);
  edition.catch(() => {});
  await Promise.race([edition, sleep(editionMs, undefined, { ref: false })]);
  const running = isServer(service)
    ? await startServer(
        service,
        { ...context, dependencyTrouble, services: fleet.services },
        { pollMs: config.chainPollMs },
      )
    : await runSteps({
        context,
        config,
        service,
        keepsLedger: !fleet.placements.get(defaultPlacement)?.has(name),
        fleetUrl,
        onEnded: countDeliveries(context, name),
      });
  notReady = running.notReady;
  edition.catch(async (error: Error) => {
    log.fatal({ error }, "storage is another edition's: draining");
    notReady = () => error.message;
    await running.drain();
  });
  log.info({ healthPort: health.port }, "service started");
  return {
    healthPort: health.port,
    async stop() {
      notReady = () => "draining";
      log.info({}, "draining");
      readiness.stop();
      stopping.abort();
      await running.drain();
      // All that was published is safe by now, unless the queue does not answer.
      await Promise.race([context.pubsub.close(), sleep(queueCloseMs, undefined, { ref: false })]);
      await tracing.shutdown();
      await health.close();
      log.info({}, "drained");
    },
  };
}

/** The real clients; a local cloud is only another address. */
function openClients(config: RunnerConfig): Pick<ServiceContext, "names" | "pubsub" | "store"> {
  const { projectId, gcsEndpoint } = config;
  const apiEndpoint = gcsEndpoint === undefined ? {} : { apiEndpoint: gcsEndpoint };
  return {
    names: createNames(config),
    pubsub: createPubSub(projectId),
    store: createObjectStore({ projectId, ...apiEndpoint }),
  };
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
