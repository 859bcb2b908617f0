import type { Logger } from "@segue/telemetry";
import type { Scheduler } from "../world/scheduler.ts";

/** What a line tells of whom, where it does. */
const told = ["track", "step", "backfill", "messageId", "code", "ending", "dependency", "judged", "stuck"];

/** A process's log, as lines of the trace. */
export function createSimLog(scheduler: Scheduler): Logger {
  const write = (level: string) => (fields: object, message?: string) => {
    const known = told.flatMap((name) => {
      const value: unknown = Reflect.get(fields, name);
      return value === undefined || value === null ? [] : [`${name}=${String(value)}`];
    });
    const error: unknown = Reflect.get(fields, "error");
    if (error instanceof Error) known.push(`error=${error.message.split("\n")[0]}`);
    scheduler.note(`${level}: ${message ?? ""} ${known.join(" ")}`);
  };
  const log = {
    level: "info",
    trace() {},
    debug() {},
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    fatal: write("fatal"),
    silent() {},
    child: () => log,
    setBindings() {},
    bindings: () => ({}),
  };
  // Of pino's own the product uses these.
  return log as unknown as Logger;
}
