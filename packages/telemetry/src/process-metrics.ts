import { performance } from "node:perf_hooks";
import type { Meter } from "@opentelemetry/api";
import { defineMetric, observeMetric } from "./metrics.ts";

/** What every process measures of itself. */
export const metrics = {
  cpu: defineMetric({
    name: "process_cpu_seconds_total",
    type: "counter",
    help: "CPU time of this process and its threads, children excluded, in seconds",
    labels: {},
  }),
  memory: defineMetric({
    name: "process_resident_memory_bytes",
    type: "gauge",
    help: "Resident memory in bytes",
    labels: {},
  }),
  startTime: defineMetric({
    name: "process_start_time_seconds",
    type: "gauge",
    help: "When this process started, in seconds since 1970",
    labels: {},
  }),
  eventLoop: defineMetric({
    name: "nodejs_eventloop_utilization_ratio",
    type: "gauge",
    help: "Share of the time since the previous collection in which the event loop was busy, 0 to 1",
    labels: {},
  }),
  ready: defineMetric({
    name: "segue_ready",
    type: "gauge",
    help: "1 while the process is ready, 0 while it is not: it starts, drains, or something that it needs is missing. `/readyz` says which",
    labels: {},
  }),
  drainDuration: defineMetric({
    name: "segue_drain_duration_seconds",
    type: "histogram",
    help: "From SIGTERM, or what else ends a process, until its work is over. It is the last that a process measures, and only where metrics are sent (`OTEL_METRICS_EXPORTER`) does anybody hear of it",
    labels: {},
    bounds: [0.5, 1, 2, 3, 5, 8, 10, 12, 15, 30, 60, 120, 300],
  }),
};

/** Of less than this the share of an event loop says nothing but that somebody asks, in ms. */
const leastWindowMs = 1_000;

/** CPU, memory and how busy the event loop is, read only when somebody collects. */
export function observeProcess(meter: Meter): void {
  const one = (value: number) => [{ value, labels: {} }];
  observeMetric(meter, metrics.cpu, () => {
    const { user, system } = process.cpuUsage();
    return one((user + system) / 1e6);
  });
  observeMetric(meter, metrics.memory, () => one(process.memoryUsage.rss()));
  observeMetric(meter, metrics.startTime, () => one(performance.timeOrigin / 1000));
  let last = performance.eventLoopUtilization();
  let known: number | undefined;
  observeMetric(meter, metrics.eventLoop, () => {
    const now = performance.eventLoopUtilization();
    const { utilization, active, idle } = performance.eventLoopUtilization(now, last);
    // Of two that ask one after the other the second is told the same.
    if (known !== undefined && active + idle < leastWindowMs) return one(known);
    [last, known] = [now, utilization];
    return one(utilization);
  });
}
