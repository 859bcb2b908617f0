export { readRunnerConfig } from "./config.ts";
export { startService } from "./start-service.ts";
