import { context, trace } from "@opentelemetry/api";
import type { Sampler } from "@opentelemetry/sdk-trace";
import { otlpUrl } from "./otlp-url.ts";
import { describeProcess, type ProcessOptions } from "./process-resource.ts";
import { within } from "./within.ts";

/** As OpenTelemetry names them (`OTEL_TRACES_SAMPLER`). With `parentbased` whoever began a trace decides for all of it. */
export const samplers = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;

/** Which traces are kept. */
export interface Sampling {
  readonly sampler: (typeof samplers)[number];
  /** The share of them, for those that go by a ratio. */
  readonly ratio: number;
}

export interface TracingOptions extends ProcessOptions {
  readonly otlpEndpoint: string | undefined;
  /** All, unless whoever began a trace says otherwise. */
  readonly sampling?: Sampling;
}

/** Tracing that runs, or none. */
export interface Tracing extends AsyncDisposable {
  readonly enabled: boolean;
  /** Sends what is buffered, for at most `timeoutMs`, and stops. Never throws: spans are not worth a failed exit. */
  shutdown(timeoutMs?: number): Promise<void>;
}

/**
 * Sends spans to an OpenTelemetry collector (OTLP over HTTP). The SDK is imported only if there is one.
 *
 * @param otlpEndpoint the value of `OTEL_EXPORTER_OTLP_ENDPOINT`, such as `http://collector:4318`; without it,
 *   spans are no-ops.
 */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  if (!options.otlpEndpoint) return asTracing(false, () => Promise.resolve());
  const [sdk, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }] = await Promise.all([
    import("@opentelemetry/sdk-trace"),
    import("@opentelemetry/exporter-trace-otlp-http"),
    import("@opentelemetry/context-async-hooks"),
  ]);
  const exporter = new OTLPTraceExporter({ url: otlpUrl(options.otlpEndpoint, "traces") });
  const provider = new sdk.TracerProvider({
    resource: describeProcess(options),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter })],
    ...(options.sampling && { sampler: samplerOf(sdk, options.sampling) }),
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return asTracing(true, async () => {
    await provider.shutdown();
    trace.disable();
    context.disable();
  });
}

function samplerOf(sdk: typeof import("@opentelemetry/sdk-trace"), { sampler, ratio }: Sampling): Sampler {
  const byRatio = () => new sdk.TraceIdRatioBasedSampler(ratio);
  const parentBased = (root: Sampler) => new sdk.ParentBasedSampler({ root });
  switch (sampler) {
    case "always_on":
      return new sdk.AlwaysOnSampler();
    case "always_off":
      return new sdk.AlwaysOffSampler();
    case "traceidratio":
      return byRatio();
    case "parentbased_always_on":
      return parentBased(new sdk.AlwaysOnSampler());
    case "parentbased_always_off":
      return parentBased(new sdk.AlwaysOffSampler());
    case "parentbased_traceidratio":
      return parentBased(byRatio());
  }
}

function asTracing(enabled: boolean, stop: () => Promise<void>): Tracing {
  const shutdown = (timeoutMs = 2000) => within(timeoutMs, stop());
  return { enabled, shutdown, [Symbol.asyncDispose]: () => shutdown() };
}
