import { expect, test } from "vitest";
import { createCounter, defineMetric, observeMetric } from "./metrics.ts";
import { createTelemetry } from "./telemetry.ts";

function sampleOf(text: string, series: string): number {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${series} `));
  if (line === undefined) throw new Error(`no series ${series} in:\n${text}`);
  return Number(line.slice(series.length + 1));
}

test("counters and histograms come out as Prometheus text with the service as a label", async () => {
  const { meter, collectMetrics } = createTelemetry({ service: "decode", level: "silent" });
  const deliveries = meter.createCounter("segue_deliveries_total", { description: "Deliveries taken" });
  deliveries.add(2, { step: "decode", how: "computed" });
  deliveries.add(1, { step: "decode", how: "computed" });
  const durations = meter.createHistogram("segue_step_duration_seconds", {
    advice: { explicitBucketBoundaries: [1, 10] },
  });
  durations.record(0.5, { step: "decode" });
  durations.record(4, { step: "decode" });

  const text = await collectMetrics();
  const service = `service_name="decode"`;
  expect(sampleOf(text, `segue_deliveries_total{step="decode",how="computed",${service}}`)).toBe(3);
  expect(sampleOf(text, `segue_step_duration_seconds_bucket{step="decode",${service},le="1"}`)).toBe(1);
  expect(sampleOf(text, `segue_step_duration_seconds_bucket{step="decode",${service},le="+Inf"}`)).toBe(2);
  expect(sampleOf(text, `segue_step_duration_seconds_sum{step="decode",${service}}`)).toBe(4.5);
  expect(text).toContain("# TYPE segue_deliveries_total counter\n");
  expect(text).toContain("# HELP segue_deliveries_total Deliveries taken\n");
  expect(text.endsWith("\n")).toBe(true);
});

test("the process itself is measured, anew at each collection", async () => {
  const { collectMetrics } = createTelemetry({ service: "tempo", level: "silent" });
  const service = `{service_name="tempo"}`;
  const before = sampleOf(await collectMetrics(), `process_cpu_seconds_total${service}`);
  const started = process.cpuUsage();
  while (process.cpuUsage(started).user < 50_000);
  const text = await collectMetrics();
  expect(sampleOf(text, `process_cpu_seconds_total${service}`)).toBeGreaterThanOrEqual(before + 0.05);
  expect(sampleOf(text, `process_resident_memory_bytes${service}`)).toBeGreaterThan(10 * 2 ** 20);
  expect(sampleOf(text, `nodejs_eventloop_utilization_ratio${service}`)).toBeLessThanOrEqual(1);
});

test("two telemetries in one process don't share their series", async () => {
  const one = createTelemetry({ service: "one", level: "silent" });
  const two = createTelemetry({ service: "two", level: "silent" });
  one.meter.createCounter("segue_only_in_one_total").add(1);
  expect(await one.collectMetrics()).toContain("segue_only_in_one_total");
  expect(await two.collectMetrics()).not.toContain("segue_only_in_one_total");
});

test("a failing instrument leaves the others readable", async () => {
  const { meter, collectMetrics } = createTelemetry({ service: "key", level: "silent" });
  meter.createObservableGauge("segue_broken").addCallback(() => {
    throw new Error("no value today");
  });
  meter.createCounter("segue_fine_total").add(7);
  expect(sampleOf(await collectMetrics(), `segue_fine_total{service_name="key"}`)).toBe(7);
});

test("a gauge that is observed no more has no series, and comes back with what it is then", async () => {
  const { meter, collectMetrics } = createTelemetry({ service: "gone", level: "silent" });
  const waiting = defineMetric({ name: "waiting", type: "gauge", help: "x", labels: { of: "y" } });
  const counted = defineMetric({ name: "counted_total", type: "counter", help: "x", labels: {} });
  let seen: { value: number; labels: { of: string } }[] = [];
  observeMetric(meter, waiting, async () => seen);
  const count = createCounter(meter, counted);
  count({}, 2);
  const told = async () =>
    (await collectMetrics()).split("\n").filter((line) => /^(waiting|counted_total)\{/.test(line));
  const counter = 'counted_total{service_name="gone"} 2';
  expect(await told()).toEqual([counter]);
  seen = [
    { value: 1, labels: { of: "a" } },
    { value: 2, labels: { of: "b" } },
  ];
  expect(await told()).toHaveLength(3);
  seen = [{ value: 3, labels: { of: "b" } }];
  expect(await told()).toEqual([expect.stringMatching(/waiting\{of="b",.*\} 3/), counter]);
  seen = [];
  expect(await told()).toEqual([counter]);
});

test("whoever collects at the same moment as others gets as much as they", async () => {
  const { meter, collectMetrics } = createTelemetry({ service: "many", level: "silent" });
  const slow = defineMetric({ name: "slow", type: "gauge", help: "x", labels: {} });
  observeMetric(meter, slow, async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return [{ value: 1, labels: {} }];
  });
  const texts = await Promise.all(Array.from({ length: 8 }, collectMetrics));
  expect(texts.map((text) => sampleOf(text, 'slow{service_name="many"}'))).toEqual(Array(8).fill(1));
});
