// What both ffmpeg and the programs of command steps need: groups that can be killed, and that never outlive their worker.
export { BoundedText } from "./bounded-text.ts";
export { childrenCpuMs } from "./children-cpu.ts";
export { isRunning } from "./is-running.ts";
export { createMark, type Mark, MarkedProcesses } from "./marked-processes.ts";
export { minimalEnvironment } from "./minimal-environment.ts";
export { startGuarded } from "./orphan-guard.ts";
export { killGroup, signalGroup } from "./process-group.ts";
export { volunteerForOutOfMemory } from "./volunteer-for-out-of-memory.ts";
