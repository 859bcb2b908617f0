// What drives a step, wherever it runs: in this thread, in a worker thread, in a quarantined process.
export { type BatchMember, runMembers } from "../batch.ts";
export { declaredError } from "../declared-error.ts";
export { drivePieces, driveStep } from "../drive-step.ts";
export * from "../local-attempt.ts";
export { type Composed, factsIn, type OutputPaths, openOutputs, outputPathsIn } from "../output-payloads.ts";
export { lateError, mostGivenBackMs } from "./limit-time.ts";
export { readSchedule, readTasks, readThreadId } from "./schedule.ts";
export { type AttemptSupervision, superviseAttempt } from "./supervise-attempt.ts";
export { type AttemptRequests, answer, createAsker, type FromThread, type ToThread } from "./thread-port.ts";
export {
  type AttemptData,
  asThreadFailure,
  type InputData,
  stepThreadUrl,
  type ThreadResult,
  type ThreadSuccess,
  type ThreadTask,
} from "./thread-task.ts";
export { createWaitWatch } from "./watch-waits.ts";
