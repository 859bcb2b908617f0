import type { Case } from "./case.ts";

const process = (pod: string, values: string) => ({
  [`process_start_time_seconds{service_name="decode",pod="${pod}"}`]: values,
});
const busy = (share: number) => ({
  'nodejs_eventloop_utilization_ratio{service_name="ingest",pod="a"}': `${share}x60`,
});

export const processCases: Readonly<Record<string, Case>> = {
  SegueProcessesRestart: {
    fires: [
      {
        collected: process("a", "1 2 3 4 5x40"),
        at: "10m",
        labels: { service_name: "decode" },
        says: "Processes of decode ended and began again 4 times in half an hour",
      },
    ],
    silent: {
      "preempted pods, each followed by another": {
        collected: Object.assign(
          {},
          ...[0, 5, 10, 15, 20].map((minute) => process(`p${minute}`, `_x${minute} ${minute}x4`)),
        ),
        at: "25m",
      },
      "three in half an hour": { collected: process("a", "1 2 3 4x40"), at: "10m" },
    },
  },
  SegueEventLoopBusy: {
    fires: [
      {
        collected: busy(0.95),
        at: "20m",
        labels: { service_name: "ingest" },
        says: "Processes of ingest have 95% of their event loop taken",
      },
    ],
    silent: { "half of it": { collected: busy(0.5), at: "60m" } },
  },
};
