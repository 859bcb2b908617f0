import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  createArtifacts,
  createCheckpoints,
  createHolds,
  createRebuildClaims,
  createStories,
} from "@segue/artifacts";
import type { Priority } from "@segue/contracts";
import type { Delivery } from "@segue/queue";
import { createAnnouncer, createSubscriber, withinTrace } from "@segue/queue";
import type { Ending, HandlerParts } from "@segue/runner";
import {
  createBackfillSubscriber,
  createFitness,
  createJointSlots,
  createLiveWork,
  createPausingSubscriber,
  createQuarantine,
  createSharedSlots,
  createSightings,
  createStepPool,
  handleDelivery,
  probeMachine,
  unlimitedSlots,
} from "@segue/runner";
import type { AnyStep, RunningService, ServiceContext } from "@segue/step";
import { extractTrace, withSpan } from "@segue/telemetry";
import type { RunnerConfig } from "./config.ts";
import { registerSteps } from "./register-steps.ts";

/** Kept of the drain budget for what comes after the last attempt: publishing, acks, closing. */
const closingMs = 2_000;

export interface RunStepsOptions {
  readonly context: ServiceContext;
  readonly config: RunnerConfig;
  readonly steps: readonly AnyStep[];
  /** Module that exports the fleet: worker threads import it. */
  readonly fleetUrl: string;
  /** Told of every delivery that ended. */
  onEnding?(step: AnyStep, ending: Ending, durationMs: number): void;
}

/** A span per delivery, within the trace that its message names; what it announces goes on in it. */
function handleTraced(parts: HandlerParts, delivery: Delivery): Promise<Ending> {
  const attributes = {
    "messaging.system": "gcp_pubsub",
    "messaging.message.id": delivery.id,
    "messaging.destination.subscription.name": delivery.subscription,
    "messaging.gcp_pubsub.message.delivery_attempt": delivery.deliveryAttempt,
    "segue.step": parts.step.name,
  };
  return withSpan(
    parts.step.name,
    attributes,
    async (span, trace) => {
      const announcer = withinTrace(parts.announcer, trace);
      const ending = await handleDelivery({ ...parts, announcer }, delivery);
      span.setAttribute("segue.ending", ending);
      return ending;
    },
    { parent: extractTrace(delivery.attributes), kind: "consumer" },
  );
}

/** Runs a service's steps: for each a pool of threads, and per trigger a subscriber for what is live and one for backfills. */
export async function runSteps(options: RunStepsOptions): Promise<RunningService> {
  const { context, config, steps, fleetUrl } = options;
  const { chain, names, pubsub, store, log } = context;
  await mkdir(config.scratchDir, { recursive: true });
  const scratchDir = await mkdtemp(join(config.scratchDir, "worker-"));
  const draining = new AbortController();
  const stopping = new AbortController();
  const shared = {
    chain,
    artifacts: createArtifacts(store, names),
    announcer: createAnnouncer(pubsub, names),
    stories: createStories(store, names),
    checkpoints: createCheckpoints(store, names),
    rebuildClaims: createRebuildClaims(store, names),
    sightings: createSightings(store, names),
    holds: createHolds(store, names),
    quarantine: createQuarantine({ fleetUrl }),
    worker: config.worker,
    maxFailures: config.maxFailures,
    scratchDir,
    fitness: createFitness({ log, probe: () => probeMachine(scratchDir), signal: draining.signal }),
    slots: config.cpuSlotsSocket ? createSharedSlots(config.cpuSlotsSocket) : unlimitedSlots,
    draining: draining.signal,
    signal: stopping.signal,
    now: () => new Date(),
  };
  const live = createLiveWork();
  const pools = steps.map((step) => createStepPool(step, { fleetUrl, threads: config.concurrency }));
  await Promise.all(pools.map((pool) => pool.warmUp()));

  const subscribers = steps.flatMap((step, index) => {
    const pool = pools[index];
    if (!pool) return [];
    const hasGpu = step.accelerator === "gpu" && config.accelerator === "gpu";
    const gpuShare = hasGpu ? 1 / config.concurrency : null;
    const atOnce = config.concurrency * (step.batch?.max ?? 1);
    const slots = step.batch ? createJointSlots(shared.slots, step.batch.max) : shared.slots;
    const parts = { ...shared, slots, step, pool, gpuShare, log: log.child({ step: step.name }) };
    const handle = async (delivery: Delivery, priority: Priority) => {
      const startedAt = performance.now();
      const ending = await handleTraced({ ...parts, priority }, delivery);
      const durationMs = performance.now() - startedAt;
      parts.log.debug({ ending, durationMs }, "delivery ended");
      options.onEnding?.(step, ending, durationMs);
    };
    return chain.triggersOf(step).flatMap((kind) => {
      const flow = (priority: Priority) => ({
        subscription: names.subscription(kind.name, step.name, priority),
        concurrency: atOnce,
        drainMs: config.drainMs - closingMs / 2,
        onError: (error: Error) => parts.log.error({ error }, "subscription failed"),
      });
      return [
        () =>
          createSubscriber(pubsub, {
            ...flow("live"),
            async handle(delivery) {
              const inHand = live.enter();
              await handle(delivery, "live").finally(() => inHand[Symbol.dispose]());
            },
          }),
        () =>
          createBackfillSubscriber(pubsub, {
            ...flow("backfill"),
            live,
            handle: (delivery) => handle(delivery, "backfill"),
          }),
      ].map((open) => createPausingSubscriber(shared.fitness, open));
    });
  });

  const registration = registerSteps(steps, { store, names, log });

  return {
    notReady: () => shared.fitness.trouble(),
    async drain() {
      draining.abort();
      registration.stop();
      const timer = setTimeout(() => stopping.abort(), Math.max(0, config.drainMs - closingMs));
      await Promise.all(subscribers.map((subscriber) => subscriber.drain()));
      clearTimeout(timer);
      await Promise.all(pools.map((pool) => pool[Symbol.asyncDispose]()));
      await rm(scratchDir, { recursive: true, force: true });
    },
  };
}
