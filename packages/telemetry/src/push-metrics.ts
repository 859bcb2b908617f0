import type { MetricReader } from "@opentelemetry/sdk-metrics";

/** How long a collector may take for what it is sent, in ms. */
const exportMs = 10_000;

/**
 * Sends all metrics to an OpenTelemetry collector (OTLP over HTTP), beside being read: what a process counts at its end nobody would come to read.
 * The exporter is imported only if there is one.
 *
 * @param otlpEndpoint such as `http://collector:4318`.
 */
export async function createMetricPush(otlpEndpoint: string, everyMs: number): Promise<MetricReader> {
  const [{ PeriodicExportingMetricReader }, { OTLPMetricExporter }] = await Promise.all([
    import("@opentelemetry/sdk-metrics"),
    import("@opentelemetry/exporter-metrics-otlp-http"),
  ]);
  return new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${otlpEndpoint.replace(/\/+$/, "")}/v1/metrics` }),
    exportIntervalMillis: everyMs,
    exportTimeoutMillis: Math.min(exportMs, everyMs),
  });
}
