export { backfillPatienceMs } from "./attempt.ts";
export type { DeadLetterParts } from "./dead-letter.ts";
export { type Ended, type HostedSteps, handleDelivery } from "./handle-delivery.ts";
export type { CpuSlots, Ending, HandlerParts, MachineWatch } from "./handler-parts.ts";
export { createQuarantine } from "./quarantine.ts";
export { handBack, refuse } from "./refuse.ts";
export { firstMissing, shareOut } from "./scatter.ts";
export { createStepPool, type StepPool } from "./step-pool.ts";
