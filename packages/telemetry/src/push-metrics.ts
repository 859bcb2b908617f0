import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import { otlpUrl } from "./otlp-url.ts";

/** Where metrics are sent, and how often. */
export interface MetricPush {
  readonly exporter: PushMetricExporter;
  readonly everyMs: number;
}

/**
 * Sends all metrics to an OpenTelemetry collector (OTLP over HTTP), beside being read: what a process counts at its end nobody would come to read.
 * The exporter is imported only if there is one.
 *
 * @param otlpEndpoint such as `http://collector:4318`.
 */
export async function createMetricPush(otlpEndpoint: string, everyMs: number): Promise<MetricPush> {
  const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-http");
  return { exporter: new OTLPMetricExporter({ url: otlpUrl(otlpEndpoint, "metrics") }), everyMs };
}
