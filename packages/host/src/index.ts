export { readRunnerConfig } from "./config.ts";
export { runService } from "./run-service.ts";
export { startService } from "./start-service.ts";
