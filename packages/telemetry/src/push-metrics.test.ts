import { once } from "node:events";
import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { createCounter, defineMetric, observeMetric } from "./metrics.ts";
import { createMetricPush } from "./push-metrics.ts";
import { createTelemetry } from "./telemetry.ts";
import { startTestCollector } from "./testing.ts";

const fine = defineMetric({ name: "segue_fine_total", type: "counter", help: "Fine things", labels: {} });
const hourMs = 3_600_000;

test("what was measured last is sent before the process ends, and can be read beside", async () => {
  await using collector = await startTestCollector();
  const push = await createMetricPush(`${collector.url}/`, hourMs);
  const telemetry = createTelemetry({ service: "tempo", worker: "pod-7", level: "silent", push });
  createCounter(telemetry.meter, fine)({}, 3);
  expect(await telemetry.collectMetrics()).toContain('segue_fine_total{service_name="tempo"} 3');
  expect(collector.paths).toEqual([]);
  await telemetry.shutdown();
  expect(collector.paths).toEqual(["/v1/metrics"]);
  expect(collector.metrics.get(fine.name)?.sum?.dataPoints).toMatchObject([{ asDouble: 3 }]);
  expect(collector.resource).toEqual({ "service.name": "tempo", "service.instance.id": "pod-7" });
});

test("metrics are sent as often as was said", async () => {
  await using collector = await startTestCollector();
  const push = await createMetricPush(collector.url, 50);
  const telemetry = createTelemetry({ service: "tempo", level: "silent", push });
  await expect.poll(() => collector.paths.length, { timeout: 60_000 }).toBeGreaterThan(1);
  await telemetry.shutdown();
});

test("a collector that does not answer cannot hold up the exit", async () => {
  const server = createServer(() => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected a TCP address");
  const push = await createMetricPush(`http://127.0.0.1:${address.port}`, hourMs);
  const telemetry = createTelemetry({ service: "tempo", level: "silent", push });
  createCounter(telemetry.meter, fine)({});
  const began = performance.now();
  await telemetry.shutdown(100);
  // The exporter itself would wait 10 s, and try again.
  expect(performance.now() - began).toBeLessThan(10_000);
});

test.each([
  ["by nobody before", false],
  ["by somebody who still waits", true],
])(
  "what is slow to tell what it observes, asked %s, takes no time from the last exchange",
  async (_, isAsked) => {
    await using collector = await startTestCollector();
    const push = await createMetricPush(collector.url, hourMs);
    const telemetry = createTelemetry({ service: "catalog", level: "silent", push });
    const slow = defineMetric({ name: "segue_slow", type: "gauge", help: "Slow things", labels: {} });
    const told = Promise.withResolvers<readonly []>();
    observeMetric(telemetry.meter, slow, () => told.promise);
    createCounter(telemetry.meter, fine)({}, 3);
    const asked = isAsked ? telemetry.collectMetrics() : Promise.resolve("");
    // Ample for an exchange on one machine; without an end the slow one would have all of it.
    await telemetry.shutdown(8_000);
    expect(collector.metrics.get(fine.name)?.sum?.dataPoints).toMatchObject([{ asDouble: 3 }]);
    told.resolve([]);
    await asked;
  },
);

test("a gauge that nobody observes any more is neither sent nor read, whoever asked before", async () => {
  await using collector = await startTestCollector();
  const push = await createMetricPush(collector.url, 50);
  const telemetry = createTelemetry({ service: "tempo", level: "silent", push });
  const wanted = defineMetric({ name: "segue_wanted", type: "gauge", help: "How many", labels: {} });
  let known = true;
  observeMetric(telemetry.meter, wanted, () => (known ? [{ value: 7, labels: {} }] : []));
  await expect.poll(() => collector.metrics.has(wanted.name), { timeout: 60_000 }).toBe(true);
  known = false;
  await telemetry.collectMetrics();
  expect(await telemetry.collectMetrics()).not.toContain("segue_wanted{");
  const sent = collector.paths.length;
  await expect.poll(() => collector.paths.length, { timeout: 60_000 }).toBeGreaterThan(sent + 1);
  expect(collector.metrics.get(wanted.name)?.gauge?.dataPoints ?? []).toEqual([]);
  await telemetry.shutdown();
  // Whoever reads them while the process ends is answered.
  expect(await telemetry.collectMetrics()).toContain("process_cpu_seconds_total");
});
