import { context, trace } from "@opentelemetry/api";

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
export async function startTracing(options: {
  readonly service: string;
  readonly otlpEndpoint: string | undefined;
}): Promise<Tracing> {
  if (!options.otlpEndpoint) return asTracing(false, () => Promise.resolve());
  const [sdk, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }, { resourceFromAttributes }] =
    await Promise.all([
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/exporter-trace-otlp-http"),
      import("@opentelemetry/context-async-hooks"),
      import("@opentelemetry/resources"),
    ]);
  const exporter = new OTLPTraceExporter({ url: `${options.otlpEndpoint.replace(/\/+$/, "")}/v1/traces` });
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ "service.name": options.service }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter })],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return asTracing(true, async () => {
    await provider.shutdown();
    trace.disable();
    context.disable();
  });
}

function asTracing(enabled: boolean, stop: () => Promise<void>): Tracing {
  const shutdown = async (timeoutMs = 2000) => {
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, timeoutMs);
    await Promise.race([stop().catch(() => {}), timeout.promise]);
    clearTimeout(timer);
  };
  return { enabled, shutdown, [Symbol.asyncDispose]: () => shutdown() };
}
