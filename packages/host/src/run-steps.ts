import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import {
  createAmendments,
  createArtifacts,
  createCheckpoints,
  createHolds,
  createLedgers,
  createRebuildClaims,
  createStories,
} from "@segue/artifacts";
import { priorities } from "@segue/chain";
import type { Priority } from "@segue/contracts";
import type { Delivery, Send, Subscriber } from "@segue/queue";
import { createPublisher, createSend, createSubscriber, traceDelivery } from "@segue/queue";
import {
  type CpuSlots,
  createQuarantine,
  createStepPool,
  createStepThreads,
  type Ended,
  feedEachOther,
  type GroupOptions,
  groupLeaseMs,
  groupLimitsOf,
  type HandlerParts,
  type HostedSteps,
  handleDelivery,
  handleInGroup,
  type StepThreads,
} from "@segue/runner";
import {
  type AnyStep,
  messagesAtOnce,
  type RunningService,
  type ServiceContext,
  type StepService,
} from "@segue/step";
import type { RunnerConfig } from "./config.ts";
import { createSharedSlots, unlimitedSlots } from "./machine/cpu-slots.ts";
import { createFitness } from "./machine/fitness.ts";
import { createJointSlots } from "./machine/joint-slots.ts";
import { createOwnSlots } from "./machine/own-slots.ts";
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
  readonly service: StepService;
  /** Whether records of what is done together are kept together: in a service that a placement has made. */
  readonly keepsLedger: boolean;
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
  readonly steps: HostedSteps;
  /** All steps of the service. */
  readonly house: HostedSteps;
  /** Whether they feed each other: then what follows from a delivery is done with it. */
  readonly isGroup: boolean;
  /** Where records of what is done together are kept together. */
  readonly ledgers: GroupOptions["ledgers"];
  /** How long what is done together goes on. */
  readonly limits: GroupOptions["limits"];
}

type OnEnded = (ended: Ended, durationMs: number) => void;

/** Handles a delivery in a span. What it sends belongs to the trace of what has come. */
function handleTraced(
  name: string,
  [first, ...others]: HostedSteps,
  delivery: Delivery,
  send: Send,
  onEnded: OnEnded,
): Promise<Ended> {
  return traceDelivery(name, delivery, async (span, trace) => {
    const within = (parts: HandlerParts) => ({
      ...parts,
      publisher: createPublisher(send, parts.chain).within(trace),
    });
    const startedAt = performance.now();
    const ended = await handleDelivery([within(first), ...others.map(within)], delivery);
    span.setAttribute("segue.step", ended.step ?? name);
    span.setAttribute("segue.ending", ended.ending);
    onEnded(ended, performance.now() - startedAt);
    return ended;
  });
}

function handleFlow(
  { name, steps, house, isGroup, ledgers, limits }: Flow,
  delivery: Delivery,
  send: Send,
  onEnded: OnEnded,
): Promise<Ended> {
  if (!isGroup) return handleTraced(name, steps, delivery, send, onEnded);
  const handle: GroupOptions["handle"] = (hosted, each, through) =>
    handleTraced(each.id === delivery.id ? name : hosted[0].step.name, hosted, each, through, onEnded);
  return handleInGroup({ steps: house, ledgers, limits, send, handle }, steps, delivery);
}

/**
 * Facts come to each step by its triggers, tasks by the service that it is listed in, whatever it is hosted with; what is live, and what is of
 * backfills, apart.
 */
function flowsOf(
  { chain, names }: ServiceContext,
  steps: readonly StepParts[],
  together: Pick<Flow, "ledgers" | "limits">,
): Flow[] {
  const isGroup = feedEachOther(steps.map(({ step }) => step));
  const homes = Map.groupBy(steps, ({ step }) => chain.serviceOf(step.name));
  return priorities.flatMap((priority) => {
    const within = (some: readonly StepParts[]): HostedSteps[] => {
      const [first, ...others] = some.map((parts): HandlerParts => ({ ...parts, priority }));
      return first ? [[first, ...others]] : [];
    };
    return within(steps).flatMap((house) => [
      ...house.flatMap((parts) =>
        chain.triggersOf(parts.step).map((kind): Flow => {
          const { name } = parts.step;
          const subscription = names.subscription(kind.name, name, priority);
          return { name, subscription, priority, steps: [parts], house, isGroup, ...together };
        }),
      ),
      ...[...homes].flatMap(([name, hosted]) =>
        within(hosted).map((some): Flow => {
          const subscription = names.taskSubscription(name, priority);
          return { name, subscription, priority, steps: some, house, isGroup, ...together };
        }),
      ),
    ]);
  });
}

/** Runs a service's steps: for each a pool of threads, and a subscriber for each flow of messages. */
export async function runSteps(options: RunStepsOptions): Promise<RunningService> {
  const { context, config, service, fleetUrl } = options;
  const { steps } = service;
  const concurrency = concurrencyOf(options);
  const { chain, names, pubsub, store, log } = context;
  await mkdir(config.scratchDir, { recursive: true });
  const scratchDir = await mkdtemp(join(config.scratchDir, "worker-"));
  const draining = new AbortController();
  const stopping = new AbortController();
  const send = createSend(pubsub, names);
  const ledgers = createLedgers(store, names);
  const shared = {
    chain,
    artifacts: createArtifacts(store, names),
    ledgers,
    publisher: createPublisher(send, chain),
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
    slots: slotsFor(config.cpuSlotsSocket, concurrency, steps),
    draining: draining.signal,
    signal: stopping.signal,
    now: () => new Date(),
  };
  const threadsFor = threadsOf(options);
  const hosted = steps.map(
    (step): StepParts => ({ ...shared, ...ownPartsOf(step, shared.slots, threadsFor(), options) }),
  );
  // One after the other: each step is to meet all of its threads, which may be others' too.
  for (const { pool } of hosted) await pool.warmUp();
  const live = createLiveWork();
  const limits = groupLimitsOf(config.groupMs);
  const flows = flowsOf(context, hosted, { ledgers: options.keepsLedger ? ledgers : null, limits });
  const subscribers = flows.map((flow) =>
    createPausingSubscriber(shared.fitness, () => subscribe(options, flow, send, live)),
  );

  const registration = registerSteps(steps, { ...shared, store, names, log });

  return {
    notReady: () => shared.fitness.trouble() ?? troubleOf(subscribers),
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

/**
 * What each step's attempts are done on. Steps that feed each other share threads: as many of their attempts compute at once as there are slots, and a
 * thread takes 25 MiB before it has done anything.
 */
function threadsOf(options: RunStepsOptions): () => StepThreads {
  const { config, service } = options;
  const concurrency = concurrencyOf(options);
  if (!feedEachOther(service.steps)) return () => createStepThreads(concurrency);
  const slots = config.cpuSlotsSocket ? Math.max(concurrency, availableParallelism()) : concurrency;
  const shared = createStepThreads(Math.min(slots, concurrency * service.steps.length));
  return () => shared;
}

/** What a step has of its own, and the threads that it is done on. */
function ownPartsOf(step: AnyStep, slots: CpuSlots, threads: StepThreads, options: RunStepsOptions) {
  const { config, context, fleetUrl } = options;
  const hasGpu = step.accelerator === "gpu" && config.accelerator === "gpu";
  return {
    step,
    slots: step.batch ? createJointSlots(slots, step.batch.max) : slots,
    pool: createStepPool(step, { fleetUrl, threads }),
    gpuShare: hasGpu ? 1 / concurrencyOf(options) : null,
    log: context.log.child({ step: step.name }),
  };
}

/** Of the first that nothing can come to. */
function troubleOf(subscribers: readonly Subscriber[]): string | undefined {
  return subscribers.map((each) => each.trouble()).find((trouble) => trouble !== undefined);
}

function concurrencyOf({ config, service }: Pick<RunStepsOptions, "config" | "service">): number {
  return config.concurrency ?? service.concurrency;
}

/** Steps that feed each other are all wanted at the same moment. */
function slotsFor(
  cpuSlotsSocket: string | undefined,
  concurrency: number,
  steps: StepService["steps"],
): CpuSlots {
  if (cpuSlotsSocket) return createSharedSlots(cpuSlotsSocket);
  return feedEachOther(steps) ? createOwnSlots(concurrency) : unlimitedSlots;
}

function subscribe(
  { context, config, service, onEnded }: RunStepsOptions,
  flow: Flow,
  send: Send,
  live: LiveWork,
): Subscriber {
  const { pubsub, log } = context;
  const handle = (delivery: Delivery) =>
    handleFlow(flow, delivery, send, ({ ending, step }, durationMs) => {
      log.debug({ step, ending, durationMs }, "delivery ended");
      onEnded?.({ ending, step }, durationMs);
    });
  const options = {
    subscription: flow.subscription,
    concurrency: messagesAtOnce(
      concurrencyOf({ config, service }),
      flow.steps.map(({ step }) => step),
    ),
    drainMs: Math.max(100, config.drainMs - closingMs / 2),
    onError: (error: Error) => log.error({ error, subscription: flow.subscription }, "subscription failed"),
    ...(flow.isGroup ? { leaseMs: groupLeaseMs(flow.limits) } : {}),
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
