import { type Logger, pino } from "pino";
import { readLogFields } from "./log-fields.ts";

export type { Logger };

/** So much waits for room, then lines are dropped. */
const waitingBytes = 4 * 2 ** 20;

/**
 * JSON lines on standard error, one object each; standard output stays free for results. Lines are written where they are made, and one that
 * can't be, since the disk they go to is full say, is no concern of whoever made it: it waits for the next one.
 */
export function createLogger(options: { service: string; level: string }): Logger {
  const destination = pino.destination({ fd: 2, sync: true, maxLength: waitingBytes });
  // Without a listener the call that made the line would throw.
  destination.on("error", () => {});
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      mixin: readLogFields,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { error: pino.stdSerializers.errWithCause },
    },
    destination,
  );
}
