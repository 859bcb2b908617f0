import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  createAmendments,
  createArtifacts,
  createCheckpoints,
  createHolds,
  createRebuildClaims,
  createStories,
} from "@segue/artifacts";
import { priorities } from "@segue/chain";
import type { Priority } from "@segue/contracts";
import type { Delivery, Subscriber } from "@segue/queue";
import { createPublisher, createSend, createSubscriber, traceDelivery } from "@segue/queue";
import {
  createQuarantine,
  createStepPool,
  type Ended,
  type HandlerParts,
  type HostedSteps,
  handleDelivery,
} from "@segue/runner";
import type { AnyStep, RunningService, ServiceContext } from "@segue/step";
import type { RunnerConfig } from "./config.ts";
import { createSharedSlots, unlimitedSlots } from "./machine/cpu-slots.ts";
import { createFitness } from "./machine/fitness.ts";
import { createJointSlots } from "./machine/joint-slots.ts";
import { probeMachine } from "./machine/probe-machine.ts";
import { registerSteps } from "./register-steps.ts";
import { createBackfillSubscriber } from "./subscribers/backfill-subscriber.ts";
import { createLiveWork, type LiveWork } from "./subscribers/live-work.ts";
import { createPausingSubscriber } from "./subscribers/pausing-subscriber.ts";

/** Kept of the drain budget for what comes after the last attempt: publishing, acks, closing. */
const closingMs = 2_000;

export interface RunStepsOptions {
  readonly context: ServiceContext;
  readonly config: RunnerConfig;
  /** The name of the service that hosts the steps. */
  readonly service: string;
  readonly steps: readonly AnyStep[];
  /** Module that exports the fleet: worker threads import it. */
  readonly fleetUrl: string;
  /** Told of every delivery that ended. */
  onEnded?(ended: Ended, durationMs: number): void;
}

/** Everything of a handler but the subscription's priority. */
type StepParts = Omit<HandlerParts, "priority">;

/** What comes through one subscription, and who it is for. */
interface Flow {
  readonly name: string;
  readonly subscription: string;
  readonly priority: Priority;
  readonly steps: readonly [StepParts, ...StepParts[]];
}

/** What it sends belongs to the trace of what has come. */
function handleTraced({ name, priority, steps }: Flow, delivery: Delivery): Promise<Ended> {
  return traceDelivery(name, delivery, async (span, trace) => {
    const within = (parts: StepParts) => ({
      ...parts,
      priority,
      publisher: parts.publisher.within(trace),
    });
    const [first, ...others] = steps;
    const hosted: HostedSteps = [within(first), ...others.map(within)];
    const ended = await handleDelivery(hosted, delivery);
    span.setAttribute("segue.step", ended.step ?? name);
    span.setAttribute("segue.ending", ended.ending);
    return ended;
  });
}

/** Facts come to each step by its triggers, tasks to the service; what is live, and what is of backfills, apart. */
function flowsOf({ context, service }: RunStepsOptions, steps: readonly StepParts[]): Flow[] {
  const { chain, names } = context;
  const [first, ...others] = steps;
  if (!first) return [];
  return priorities.flatMap((priority) => [
    ...steps.flatMap((parts) =>
      chain.triggersOf(parts.step).map((kind): Flow => {
        const { name } = parts.step;
        const subscription = names.subscription(kind.name, name, priority);
        return { name, subscription, priority, steps: [parts] };
      }),
    ),
    {
      name: service,
      subscription: names.taskSubscription(service, priority),
      priority,
      steps: [first, ...others],
    },
  ]);
}

/** Runs a service's steps: for each a pool of threads, and a subscriber for each flow of messages. */
export async function runSteps(options: RunStepsOptions): Promise<RunningService> {
  const { context, config, service, steps, fleetUrl } = options;
  const { chain, names, pubsub, store, log } = context;
  await mkdir(config.scratchDir, { recursive: true });
  const scratchDir = await mkdtemp(join(config.scratchDir, "worker-"));
  const draining = new AbortController();
  const stopping = new AbortController();
  const shared = {
    chain,
    artifacts: createArtifacts(store, names),
    publisher: createPublisher(createSend(pubsub, names), chain),
    stories: createStories(store, names),
    checkpoints: createCheckpoints(store, names),
    rebuildClaims: createRebuildClaims(store, names),
    amendments: createAmendments(store, names),
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
  const hosted = steps.map((step): StepParts => {
    const hasGpu = step.accelerator === "gpu" && config.accelerator === "gpu";
    return {
      ...shared,
      slots: step.batch ? createJointSlots(shared.slots, step.batch.max) : shared.slots,
      step,
      pool: createStepPool(step, { fleetUrl, threads: config.concurrency }),
      gpuShare: hasGpu ? 1 / config.concurrency : null,
      log: log.child({ step: step.name }),
    };
  });
  await Promise.all(hosted.map(({ pool }) => pool.warmUp()));
  const live = createLiveWork();
  const subscribers = flowsOf(options, hosted).map((flow) =>
    createPausingSubscriber(shared.fitness, () => subscribe(options, flow, live)),
  );

  const registration = registerSteps(service, steps, { store, names, log });

  return {
    notReady: () => shared.fitness.trouble(),
    async drain() {
      draining.abort();
      registration.stop();
      const timer = setTimeout(() => stopping.abort(), Math.max(0, config.drainMs - closingMs));
      await Promise.all(subscribers.map((subscriber) => subscriber.drain()));
      clearTimeout(timer);
      await Promise.all(hosted.map(({ pool }) => pool[Symbol.asyncDispose]()));
      await rm(scratchDir, { recursive: true, force: true });
    },
  };
}

function subscribe({ context, config, onEnded }: RunStepsOptions, flow: Flow, live: LiveWork): Subscriber {
  const { pubsub, log } = context;
  const handle = async (delivery: Delivery) => {
    const startedAt = performance.now();
    const { ending, step } = await handleTraced(flow, delivery);
    const durationMs = performance.now() - startedAt;
    log.debug({ step, ending, durationMs }, "delivery ended");
    onEnded?.({ ending, step }, durationMs);
  };
  const options = {
    subscription: flow.subscription,
    concurrency: config.concurrency * Math.max(...flow.steps.map(({ step }) => step.batch?.max ?? 1)),
    drainMs: Math.max(100, config.drainMs - closingMs / 2),
    onError: (error: Error) => log.error({ error, subscription: flow.subscription }, "subscription failed"),
  };
  if (flow.priority === "backfill") return createBackfillSubscriber(pubsub, { ...options, live, handle });
  return createSubscriber(pubsub, {
    ...options,
    async handle(delivery) {
      const inHand = live.enter();
      await handle(delivery).finally(() => inHand[Symbol.dispose]());
    },
  });
}
