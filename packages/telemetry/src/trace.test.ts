import { createServer } from "node:http";
import { trace } from "@opentelemetry/api";
import { expect, onTestFinished, test } from "vitest";
import { startTestCollector } from "./testing.ts";
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

test("with a collector, spans arrive, nested across an await, in the message's trace", async () => {
  await using collector = await startTestCollector();
  const tracing = await startTracing({
    ...{ service: "tempo", worker: "pod-7", otlpEndpoint: `${collector.url}/` },
    attributes: { "service.version": "1.2", "service.name": "another" },
  });
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

  expect(collector.paths).toEqual(["/v1/traces"]);
  expect(collector.resource).toEqual({
    "service.name": "tempo",
    "service.instance.id": "pod-7",
    "service.version": "1.2",
  });
  const deliver = collector.spans.find(({ name }) => name === "tempo.deliver");
  const run = collector.spans.find(({ name }) => name === "tempo.run");
  expect(deliver).toMatchObject({ traceId, parentSpanId: "00f067aa0ba902b7" });
  expect(run).toMatchObject({ traceId, parentSpanId: deliver?.spanId });
  expect(run?.status).toEqual({ code: 2, message: "Error: too quiet" });
  expect(attributes).toEqual({ traceparent: `00-${traceId}-${deliver?.spanId}-01` });
});

test.each([
  { sampler: "always_off", ratio: 1, kept: [] },
  { sampler: "always_on", ratio: 0, kept: ["begun", "followed"] },
  { sampler: "traceidratio", ratio: 0, kept: [] },
  { sampler: "traceidratio", ratio: 1, kept: ["begun", "followed"] },
  { sampler: "parentbased_always_on", ratio: 0, kept: ["begun", "followed"] },
  { sampler: "parentbased_always_off", ratio: 1, kept: ["followed"] },
  { sampler: "parentbased_traceidratio", ratio: 0, kept: ["followed"] },
  { sampler: "parentbased_traceidratio", ratio: 1, kept: ["begun", "followed"] },
] as const)("with $sampler and $ratio these are kept: $kept", async ({ kept, ...sampling }) => {
  await using collector = await startTestCollector();
  const tracing = await startTracing({ service: "tempo", otlpEndpoint: collector.url, sampling });
  await withSpan("begun", {}, () => undefined);
  await withSpan("followed", {}, () => undefined, { parent: extractTrace({ traceparent }) });
  await tracing.shutdown();
  expect(collector.spans.map(({ name }) => name)).toEqual(kept);
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
