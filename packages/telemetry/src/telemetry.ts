import type { Meter } from "@opentelemetry/api";
import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import {
  AggregationTemporality,
  InstrumentType,
  MeterProvider,
  MetricReader,
} from "@opentelemetry/sdk-metrics";
import { createLogger, type Logger, type LoggerOptions } from "./logger.ts";
import { observeProcess } from "./process-metrics.ts";
import { describeProcess, type ProcessOptions } from "./process-resource.ts";
import { within } from "./within.ts";

/** What a service process logs and measures with. */
export interface Telemetry {
  readonly log: Logger;
  /** Instruments are named as Prometheus has them: `segue_step_duration_seconds`, counters end in `_total`. */
  readonly meter: Meter;
  /** Every instrument's present value, in the Prometheus text format, version 0.0.4. */
  collectMetrics(): Promise<string>;
  /** Pushes what has been measured, where somebody is pushed to, for at most `timeoutMs`; nothing is measured any more. Never throws. */
  shutdown(timeoutMs?: number): Promise<void>;
}

export interface TelemetryOptions extends LoggerOptions, ProcessOptions {
  /** Has metrics sent, beside their being read: see `createMetricPush`. */
  readonly push?: MetricReader | undefined;
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
    readers: options.push ? [reader, options.push] : [reader],
  });
  const serializer = new PrometheusSerializer(undefined, false, /^service\.name$/, true, true);
  const meter = provider.getMeter("segue");
  observeProcess(meter);
  let collecting: Promise<string> | undefined;
  const collect = async () => {
    const { resourceMetrics, errors } = await reader.collect();
    for (const error of errors) log.warn({ error }, "an instrument could not be read");
    return serializer.serialize(resourceMetrics);
  };
  return {
    log,
    meter,
    // Who asks meanwhile gets the same: of two collections at once one has what is observed, and the other nothing.
    collectMetrics: () =>
      (collecting ??= collect().finally(() => {
        collecting = undefined;
      })),
    shutdown: (timeoutMs = 2000) => within(timeoutMs, provider.shutdown()),
  };
}
