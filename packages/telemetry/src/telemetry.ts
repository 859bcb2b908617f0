import type { Meter } from "@opentelemetry/api";
import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import {
  AggregationTemporality,
  InstrumentType,
  MeterProvider,
  MetricReader,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import { createLogger, type Logger, type LoggerOptions } from "./logger.ts";
import { observeProcess } from "./process-metrics.ts";
import { describeProcess, type ProcessOptions } from "./process-resource.ts";
import type { MetricPush } from "./push-metrics.ts";
import { within } from "./within.ts";

/** What a service process logs and measures with. */
export interface Telemetry {
  readonly log: Logger;
  /** Instruments are named as Prometheus has them: `segue_step_duration_seconds`, counters end in `_total`. */
  readonly meter: Meter;
  /** Every instrument's present value, in the Prometheus text format, version 0.0.4. */
  collectMetrics(): Promise<string>;
  /** Sends what has been measured, where it is sent to anybody, for at most `timeoutMs`, and nothing after that. Never throws. */
  shutdown(timeoutMs?: number): Promise<void>;
}

export interface TelemetryOptions extends LoggerOptions, ProcessOptions {
  /** Has metrics sent, beside their being read: see `createMetricPush`. */
  readonly push?: MetricPush | undefined;
}

/** Collects when asked and never by itself: no timer, no thread, nothing to flush at exit. */
class OnDemandReader extends MetricReader {
  constructor() {
    // A gauge that nobody observes any more would be told for ever, as it was.
    super({
      aggregationTemporalitySelector: (type) =>
        type === InstrumentType.OBSERVABLE_GAUGE
          ? AggregationTemporality.DELTA
          : AggregationTemporality.CUMULATIVE,
    });
  }
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** Logs and metrics of one process; every series carries the label `service_name`. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const log = createLogger(options);
  const reader = new OnDemandReader();
  const provider = new MeterProvider({
    resource: describeProcess(options),
    readers: [reader],
  });
  const serializer = new PrometheusSerializer(undefined, false, /^service\.name$/, true, true);
  const meter = provider.getMeter("segue");
  observeProcess(meter);
  let collecting: Promise<ResourceMetrics> | undefined;
  const collectNow = async (options?: { readonly timeoutMillis: number }) => {
    const { resourceMetrics, errors } = await reader.collect(options);
    for (const error of errors) log.warn({ error }, "an instrument could not be read");
    return resourceMetrics;
  };
  // Who asks meanwhile gets the same: of two collections at once one has what is observed, and the other nothing.
  const collect = () =>
    (collecting ??= collectNow().finally(() => {
      collecting = undefined;
    }));
  // What is slow to tell what it observes is left out, also while somebody who asked before waits for it; counters are there in any case.
  const collectWithin = async (timeoutMs: number) => {
    const endsAtMs = performance.now() + timeoutMs;
    if (collecting) await within(timeoutMs / 2, collecting);
    return collectNow({ timeoutMillis: Math.max(1, endsAtMs - performance.now()) });
  };
  const pushing = options.push && startPushing(options.push, { collect, collectWithin });
  return {
    log,
    meter,
    collectMetrics: async () => serializer.serialize(await collect()),
    shutdown: async (timeoutMs = 2000) => pushing && (await within(timeoutMs, pushing.end(timeoutMs))),
  };
}

interface Collecting {
  collect(): Promise<ResourceMetrics>;
  collectWithin(timeoutMs: number): Promise<ResourceMetrics>;
}

/** One exchange with the collector at a time, but for the last. What can't be sent is sent with what comes next: counters go on. */
function startPushing({ exporter, everyMs }: MetricPush, { collect, collectWithin }: Collecting) {
  let sending = Promise.resolve();
  const exportNow = (metrics: ResourceMetrics) => new Promise((resolve) => exporter.export(metrics, resolve));
  const send = () => {
    sending = sending.then(async () => void (await exportNow(await collect())));
    return sending;
  };
  const timer = setInterval(() => void send().catch(() => {}), everyMs).unref();
  return {
    /** Half of the time is for what comes before the last exchange: one that is under way, and whatever is slow to tell what it observes. */
    async end(timeoutMs: number) {
      clearInterval(timer);
      await within(timeoutMs / 4, sending);
      await exportNow(await collectWithin(timeoutMs / 4));
      await exporter.shutdown();
    },
  };
}
