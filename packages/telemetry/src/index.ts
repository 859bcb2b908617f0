export { ConfigError, readEnv } from "./env.ts";
export { createLogger, type Logger } from "./logger.ts";
