import { createServer } from "node:http";
import { trace } from "@opentelemetry/api";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { extractTrace, injectTrace, withSpan } from "./trace.ts";
import { startTracing } from "./tracing.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

test("without tracing, a trace passes through a span unchanged", async () => {
  const parent = extractTrace({ "want.tempo": "1", traceparent, tracestate: "vendor=1" });
  const sent = await withSpan("work", {}, (_span, context) => injectTrace({ kind: "pcm" }, context), {
    parent,
  });
  expect(sent).toEqual({ kind: "pcm", traceparent, tracestate: "vendor=1" });
});

test("without a trace, attributes stay as they are", async () => {
  const sent = await withSpan("work", {}, (_span, context) => injectTrace({ kind: "pcm" }, context));
  expect(sent).toEqual({ kind: "pcm" });
});

test.each(["", "garbage", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", `${traceparent}-more`])(
  "a malformed traceparent %j is no trace",
  (malformed) => {
    expect(trace.getSpanContext(extractTrace({ traceparent: malformed }))).toBeUndefined();
  },
);

test("what the work returns and throws passes through", async () => {
  expect(await withSpan("work", {}, () => 42)).toBe(42);
  const failure = new Error("no audio stream");
  await expect(withSpan("work", {}, () => Promise.reject(failure))).rejects.toBe(failure);
});

const Exported = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({
        attributes: z.array(
          z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }) }),
        ),
      }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              name: z.string(),
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              status: z.object({ code: z.number(), message: z.string().optional() }),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** A collector: what spans were POSTed to it, by path. */
async function startCollector() {
  const received: { path: string | undefined; body: z.infer<typeof Exported> }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ path: request.url, body: Exported.parse(JSON.parse(Buffer.concat(chunks).toString())) });
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected a TCP address");
  return { received, url: `http://127.0.0.1:${address.port}` };
}

test("with a collector, spans arrive, nested across an await, in the message's trace", async () => {
  const collector = await startCollector();
  const tracing = await startTracing({ service: "tempo", otlpEndpoint: `${collector.url}/` });
  const attributes = await withSpan(
    "tempo.deliver",
    { attempt: 1 },
    async () => {
      await new Promise((resolve) => setImmediate(resolve));
      await withSpan("tempo.run", {}, () => Promise.reject(new Error("too quiet"))).catch(() => {});
      return injectTrace({});
    },
    { parent: extractTrace({ traceparent }), kind: "consumer" },
  );
  await tracing.shutdown();

  expect(collector.received.map(({ path }) => path)).toEqual(["/v1/traces"]);
  const [resourceSpans] = collector.received.flatMap(({ body }) => body.resourceSpans);
  const service = resourceSpans?.resource.attributes.find(({ key }) => key === "service.name");
  expect(service?.value.stringValue).toBe("tempo");
  const spans = resourceSpans?.scopeSpans.flatMap((scope) => scope.spans) ?? [];
  const deliver = spans.find(({ name }) => name === "tempo.deliver");
  const run = spans.find(({ name }) => name === "tempo.run");
  expect(deliver).toMatchObject({ traceId, parentSpanId: "00f067aa0ba902b7" });
  expect(run).toMatchObject({ traceId, parentSpanId: deliver?.spanId });
  expect(run?.status).toEqual({ code: 2, message: "Error: too quiet" });
  expect(attributes).toEqual({ traceparent: `00-${traceId}-${deliver?.spanId}-01` });
});

test("a collector that does not answer cannot hold up the exit", async () => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected a TCP address");
  const tracing = await startTracing({ service: "x", otlpEndpoint: `http://127.0.0.1:${address.port}` });
  await withSpan("work", {}, () => undefined);
  const began = performance.now();
  await tracing.shutdown(100);
  // The exporter itself would wait 10 s, and try again.
  expect(performance.now() - began).toBeLessThan(10_000);
});

test("without an endpoint nothing is imported and shutdown is free", async () => {
  const tracing = await startTracing({ service: "tempo", otlpEndpoint: undefined });
  expect(tracing.enabled).toBe(false);
  await tracing.shutdown();
});
