import { ofProcess } from "../measured.ts";
import { lastQuantile, rate, series } from "../promql.ts";
import { type Row, window } from "./panel.ts";

const legend = "{{service_name}}";

export const processRow: Row = {
  title: "Processes",
  panels: [
    {
      title: "Processes",
      unit: "short",
      queries: [{ expr: `count by (service_name) (${series(ofProcess.startTime)})`, legend }],
    },
    {
      title: "Share of processes that are ready",
      unit: "percentunit",
      queries: [{ expr: `avg by (service_name) (${series(ofProcess.ready)})`, legend }],
    },
    {
      title: "Begun again in their place",
      unit: "short",
      help: "A pod that a preemption takes is another one afterwards, and does not count.",
      queries: [
        { expr: `sum by (service_name) (changes(${series(ofProcess.startTime)}[${window}]))`, legend },
      ],
    },
    {
      title: "Drains: nine in ten are over within",
      unit: "s",
      help: "Of processes that came to the end of it: one that is killed before tells nothing.",
      limit: 12,
      queries: [
        {
          expr: lastQuantile(0.9, ofProcess.drainDuration, window, ["service_name"]),
          legend,
          absentUntil: "a process drains and sends its metrics (OTEL_METRICS_EXPORTER)",
        },
      ],
    },
    {
      title: "CPUs in use, children excluded",
      unit: "short",
      queries: [{ expr: rate(ofProcess.cpu, window, { by: ["service_name"] }), legend }],
    },
    {
      title: "Memory of the largest process",
      unit: "bytes",
      queries: [{ expr: `max by (service_name) (${series(ofProcess.memory)})`, legend }],
    },
    {
      title: "Share of the event loop that is taken",
      unit: "percentunit",
      limit: 0.9,
      queries: [{ expr: `avg by (service_name) (${series(ofProcess.eventLoop)})`, legend }],
    },
  ],
};
