// What a step's or a service's definition needs: light, since every process and worker thread imports it.
export type { Batch, BatchResult, BatchSize } from "./batch.ts";
export { type CommandStep, defineCommandStep } from "./command/define-command-step.ts";
export * from "./define-step.ts";
export {
  defaultPlacement,
  defineFleet,
  type Fleet,
  isServer,
  type ListedService,
  loadFleet,
  type PlacedFleet,
} from "./fleet.ts";
export { maxFactsBytes, parseFacts } from "./parse-facts.ts";
export {
  type AttemptNeeds,
  messagesAtOnce,
  type Resources,
  type Scaling,
  usualMaxReplicas,
} from "./resources.ts";
export { runStep } from "./run-step.ts";
export * from "./service.ts";
export {
  acceleratorOf,
  defineService,
  type Environment,
  resourcesOf,
  type StepService,
  withSteps,
} from "./step-service.ts";
