import { defineMetric } from "@segue/telemetry";
import { expect, test } from "vitest";
import { byService, growth, increase, lastQuantile, quantile, rate, series, told } from "./promql.ts";

const done = defineMetric({
  name: "done_total",
  type: "counter",
  help: "x",
  labels: { step: "y", how: "z" },
});
const took = defineMetric({
  ...{ name: "took_seconds", type: "histogram", help: "x", labels: { step: "y" } },
  bounds: [1, 10],
});

test("labels are as given, patterns in Prometheus' own quotes", () => {
  expect(series(done)).toBe("done_total");
  expect(series(done, { step: "key", how: /a|b/ })).toBe('done_total{step="key",how=~"a|b"}');
  expect(series(done, { how: /\/v1\/.*/ })).toBe('done_total{how=~"/v1/.*"}');
  expect(series(done, { how: /\d+/ })).toBe('done_total{how=~"\\\\d+"}');
});

test("of many processes rates are summed, and not what they have counted", () => {
  expect(rate(done, "5m", { where: { how: "a" }, by: ["step"] })).toBe(
    'sum by (step) (rate(done_total{how="a"}[5m]))',
  );
  expect(quantile(0.95, took, "5m", { by: ["step"] })).toBe(
    "histogram_quantile(0.95, sum by (le, step) (rate(took_seconds_bucket[5m])))",
  );
});

test("of what is told once the last counts", () => {
  expect(lastQuantile(0.9, took, "5m", ["step"])).toBe(
    "histogram_quantile(0.9, sum by (le, step) (last_over_time(took_seconds_bucket[5m])))",
  );
});

test("what a series begins with counts", () => {
  expect(increase(done, "1h")).toBe(
    "sum((done_total unless done_total offset 1h) or increase(done_total[1h]))",
  );
});

test("what was there before nobody collected is not new", () => {
  expect(growth(done, 15, { by: ["step"] })).toBe(
    "sum by (step) (((done_total - (last_over_time(done_total[6h] offset 15m) or 0 * done_total)) and ignoring (step, how) " +
      "((process_start_time_seconds < time() - 900) unless process_start_time_seconds offset 15m)) " +
      "or (done_total unless done_total offset 15m) or increase(done_total[15m]))",
  );
});

test("what several tell is taken from one", () => {
  expect(told(done, ["step"])).toBe("max by (step) (done_total)");
  expect(byService("x")).toBe('label_replace(x, "service", "$1", "service_name", "(.+)")');
});
