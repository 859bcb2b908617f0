// What runs services: the clients, worker threads, the state machine.
export { type Announcer, createAnnouncer } from "./announcer.ts";
export { type Artifacts, createArtifacts, recordName } from "./artifacts.ts";
export { wantsOfBranch } from "./branch-wants.ts";
export { type Checkpoints, createCheckpoints } from "./checkpoints.ts";
export { type RunnerConfig, readRunnerConfig } from "./config.ts";
export { type CpuSlots, createSharedSlots, slotRequest } from "./cpu-slots.ts";
export { createPubSub } from "./create-pubsub.ts";
export type { Delivery } from "./delivery.ts";
export type { Ending } from "./handler-parts.ts";
export { createHolds, type Holds } from "./holds.ts";
export { openLane } from "./open-lane.ts";
export { runSteps } from "./run-steps.ts";
export { type StartedService, type StartServiceOptions, startService } from "./start-service.ts";
export { createSubscriber, type Subscriber, type SubscriberOptions } from "./subscriber.ts";
