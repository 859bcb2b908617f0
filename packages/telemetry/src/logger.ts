import { isSpanContextValid, TraceFlags, trace } from "@opentelemetry/api";
import { type Logger, pino } from "pino";
import { readLogFields } from "./log-fields.ts";
import { severityOf } from "./severity.ts";

export type { Logger };

/** So much waits for room, then lines are dropped. */
const waitingBytes = 4 * 2 ** 20;

export interface LoggerOptions {
  readonly service: string;
  readonly level: string;
  /** Of Google Cloud, whose traces lines are to be found with; undefined: they say of no trace. */
  readonly projectId?: string;
}

/**
 * JSON lines on standard error, one object each; standard output stays free for results. Lines are written where they are made, and one that
 * can't be, since the disk they go to is full say, is no concern of whoever made it: it waits for the next one. `severity`, `time`, `message` and
 * the trace are named as Cloud Logging reads them.
 */
export function createLogger({ service, level, projectId }: LoggerOptions): Logger {
  const destination = pino.destination({ fd: 2, sync: true, maxLength: waitingBytes });
  // Without a listener the call that made the line would throw.
  destination.on("error", () => {});
  return pino(
    {
      level,
      base: { service },
      messageKey: "message",
      mixin: () => ({ ...readLogFields(), ...(projectId === undefined ? {} : readTrace(projectId)) }),
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ severity: severityOf(label) }), log: withoutReserved },
      serializers: { error: pino.stdSerializers.errWithCause },
    },
    destination,
  );
}

/** What a line has of itself. */
const reserved = ["severity", "time", "service", "message"];

/** A field of such a name, as authors of steps may give, would be there twice, and readers differ in which holds. */
function withoutReserved(fields: Record<string, unknown>): Record<string, unknown> {
  if (!reserved.some((name) => Object.hasOwn(fields, name))) return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [reserved.includes(name) ? `${name}_` : name, value]),
  );
}

/** Of the span that the line is logged in, if there is one. */
function readTrace(projectId: string): Record<string, unknown> {
  const span = trace.getActiveSpan()?.spanContext();
  if (!span || !isSpanContextValid(span)) return {};
  return {
    "logging.googleapis.com/trace": `projects/${projectId}/traces/${span.traceId}`,
    "logging.googleapis.com/spanId": span.spanId,
    "logging.googleapis.com/trace_sampled": (span.traceFlags & TraceFlags.SAMPLED) !== 0,
  };
}
