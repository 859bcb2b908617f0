import { extractTrace, type TraceContext, withSpan } from "@segue/telemetry";
import type { FastifyRequest } from "fastify";

/** Runs the work for a request in a span, within the trace that the client has begun if it has. */
export function traceRequest<T>(
  { headers }: Pick<FastifyRequest, "headers">,
  name: string,
  work: (trace: TraceContext) => Promise<T>,
): Promise<T> {
  const carrier = Object.fromEntries(
    Object.entries(headers).flatMap(([header, value]) =>
      typeof value === "string" ? [[header, value]] : [],
    ),
  );
  const options = { parent: extractTrace(carrier), kind: "server" as const };
  return withSpan(name, {}, (_span, trace) => work(trace), options);
}
