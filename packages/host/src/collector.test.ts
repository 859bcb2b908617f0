// What a worker tells an OpenTelemetry collector: a track's trace with storage in it, and what it measured last.

import { startTestCollector } from "@segue/telemetry/testing";
import { expect, test } from "vitest";
import { readRunnerConfig } from "./config.ts";
import { startWorkerCloud } from "./fixtures/worker-cloud.ts";

test("a delivery's trace has what it asked of storage, and the drain is told of before the process ends", async () => {
  await using collector = await startTestCollector();
  await using cloud = await startWorkerCloud();
  const { child, exited } = await cloud.startWorker("reader", {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_METRICS_EXPORTER: "otlp",
    OTEL_RESOURCE_ATTRIBUTES: "k8s.pod.name=reader-7d4,service.version=1.2",
    SEGUE_WORKER: "reader-7d4",
  });
  await cloud.submit(1, "a text");
  await expect.poll(() => cloud.outcomes.length).toBe(1);
  child.kill("SIGTERM");
  expect(await exited).toMatchObject({ code: 0 });

  const delivery = collector.spans.find(
    ({ name, parentSpanId }) => !parentSpanId && !name.startsWith("storage"),
  );
  const inTrace = collector.spans.filter(({ traceId }) => traceId === delivery?.traceId);
  const children = inTrace.filter(({ parentSpanId }) => parentSpanId === delivery?.spanId);
  expect(children.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["storage read", "storage write", "storage download"]),
  );
  // What a worker asks beside its deliveries is no trace.
  expect(
    collector.spans.filter(({ name, parentSpanId }) => name.startsWith("storage") && !parentSpanId),
  ).toEqual([]);
  // That there was no record yet is an answer.
  const read = children.find(({ attributes }) => attributes.some(({ key }) => key === "storage.answer"));
  expect(read).toMatchObject({ name: "storage read", status: { code: 0 } });
  expect(collector.metrics.get("segue_drain_duration_seconds")?.histogram?.dataPoints).toMatchObject([
    { count: 1 },
  ]);
  expect(collector.metrics.has("segue_deliveries_total")).toBe(true);
  expect(collector.resource).toEqual({
    "service.name": "reader",
    "service.instance.id": "reader-7d4",
    "k8s.pod.name": "reader-7d4",
    "service.version": "1.2",
  });
});

test.each([
  ["OTEL_TRACES_SAMPLER", "sometimes", "Invalid option"],
  ["OTEL_TRACES_SAMPLER_ARG", "1.5", "expected a number from 0 to 1"],
  ["OTEL_RESOURCE_ATTRIBUTES", "pod", 'expected name=value, got "pod"'],
  ["OTEL_METRIC_EXPORT_INTERVAL", "1", 'expected a whole number, 1000 or more; it is "1"'],
])("%s=%s is refused, with what was expected", (name, value, message) => {
  const OTEL_EXPORTER_OTLP_ENDPOINT = "http://collector:4318";
  expect(() => readRunnerConfig({ OTEL_EXPORTER_OTLP_ENDPOINT, [name]: value })).toThrow(message);
  // What a cluster sets for others is nothing to a fleet without a collector.
  expect(readRunnerConfig({ [name]: value }).otlpEndpoint).toBeUndefined();
});
