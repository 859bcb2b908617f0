export type {
  Attributes,
  Context as TraceContext,
  Counter,
  Histogram,
  Meter,
  ObservableGauge,
  Span,
} from "@opentelemetry/api";
export { ConfigError, commaList, readEnv, sharedVariables, wholeNumber } from "./env.ts";
export {
  type HealthServer,
  type HealthServerOptions,
  METRICS_CONTENT_TYPE,
  startHealthServer,
} from "./health-server.ts";
export { withLogFields } from "./log-fields.ts";
export { createLogger, type Logger } from "./logger.ts";
export {
  createCounter,
  createHistogram,
  defineMetric,
  type Metric,
  observeMetric,
} from "./metrics.ts";
export { parseAttributes } from "./process-resource.ts";
export { createMetricPush } from "./push-metrics.ts";
export {
  type Dependency,
  type Readiness,
  type ReadinessPace,
  type Reason,
  watchReadiness,
} from "./readiness.ts";
export { createTelemetry, type Telemetry } from "./telemetry.ts";
export { extractTrace, injectTrace, isInSpan, withSpan } from "./trace.ts";
export { type Sampling, samplers, startTracing, type Tracing } from "./tracing.ts";
export { atMost, within } from "./within.ts";
