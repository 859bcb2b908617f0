import { type Logger, pino } from "pino";
import { readLogFields } from "./log-fields.ts";

export type { Logger };

/** JSON lines on standard error, one object each; standard output stays free for results. */
export function createLogger(options: { service: string; level: string }): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      mixin: readLogFields,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { error: pino.stdSerializers.errWithCause },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}
