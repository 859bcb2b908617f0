import { performance } from "node:perf_hooks";
import type { Meter } from "@opentelemetry/api";

/** CPU, memory and how busy the event loop is, read only when somebody collects. */
export function observeProcess(meter: Meter): void {
  meter
    .createObservableCounter("process_cpu_seconds_total", {
      description: "CPU time of this process and its threads, children excluded, in seconds",
    })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe((user + system) / 1e6);
    });
  meter
    .createObservableGauge("process_resident_memory_bytes", { description: "Resident memory in bytes" })
    .addCallback((result) => result.observe(process.memoryUsage.rss()));
  meter
    .createObservableGauge("process_start_time_seconds", {
      description: "When this process started, in seconds since 1970",
    })
    .addCallback((result) => result.observe(performance.timeOrigin / 1000));
  let last = performance.eventLoopUtilization();
  meter
    .createObservableGauge("nodejs_eventloop_utilization_ratio", {
      description: "Share of the time since the previous collection in which the event loop was busy, 0 to 1",
    })
    .addCallback((result) => {
      const now = performance.eventLoopUtilization();
      result.observe(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    });
}
