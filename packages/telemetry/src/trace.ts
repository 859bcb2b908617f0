import {
  type Attributes,
  type Context,
  context as contexts,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";

// Used directly, not as the global one: a trace that a client began passes through even where no tracing runs.
const propagator = new W3CTraceContextPropagator();

/**
 * A message's attributes with the W3C `traceparent` (and `tracestate`) of `context` added; the same attributes
 * where there is no trace.
 *
 * @param context by default the active one, which needs `startTracing`; else what `withSpan` hands over.
 */
export function injectTrace(
  attributes: Readonly<Record<string, string>>,
  context: Context = contexts.active(),
): Record<string, string> {
  const carrier = { ...attributes };
  propagator.inject(context, carrier, defaultTextMapSetter);
  return carrier;
}

/** The trace that a message's attributes name; the root context where they name none or a malformed one. */
export function extractTrace(attributes: Readonly<Record<string, string>>): Context {
  return propagator.extract(ROOT_CONTEXT, attributes, defaultTextMapGetter);
}

/**
 * Runs `fn` in a span, which ends with it; what `fn` throws is recorded and thrown on. Without `startTracing` nothing
 * is recorded, and the context handed to `fn` carries the parent's trace unchanged.
 */
export async function withSpan<T>(
  name: string,
  attributes: Attributes,
  fn: (span: Span, context: Context) => Promise<T> | T,
  options: {
    readonly parent?: Context;
    readonly kind?: "internal" | "client" | "consumer" | "producer" | "server";
  } = {},
): Promise<T> {
  const parent = options.parent ?? contexts.active();
  const kind = spanKinds[options.kind ?? "internal"];
  const span = trace.getTracer("segue").startSpan(name, { attributes, kind }, parent);
  const context = trace.setSpan(parent, span);
  try {
    return await contexts.with(context, fn, undefined, span, context);
  } catch (error) {
    span.recordException(error instanceof Error ? error : String(error));
    span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
    throw error;
  } finally {
    span.end();
  }
}

/** Whether anything that is done now belongs to a span. */
export function isInSpan(): boolean {
  return trace.getActiveSpan() !== undefined;
}

const spanKinds = {
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
  producer: SpanKind.PRODUCER,
  server: SpanKind.SERVER,
};
