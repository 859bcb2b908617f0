import type { Case } from "./case.ts";

const process = (pod: string, values: string) => ({
  [`process_start_time_seconds{service_name="decode",pod="${pod}"}`]: values,
});
const busy = (share: number) => ({
  'nodejs_eventloop_utilization_ratio{service_name="ingest",pod="a"}': `${share}x60`,
});

const ready = (pod: string, values: string) => ({
  [`segue_ready{service_name="ingest",pod="${pod}"}`]: values,
});

export const processCases: Readonly<Record<string, Case>> = {
  SegueNotReady: {
    fires: [
      {
        collected: { ...ready("a", "1x5 0x40"), ...ready("b", "0x60") },
        at: "15m",
        labels: { service_name: "ingest" },
        says: "No process of ingest is ready",
      },
    ],
    silent: {
      "one of two": { collected: { ...ready("a", "1x60"), ...ready("b", "0x60") }, at: "40m" },
      "a rollout": {
        collected: { ...ready("a", "1x10 0 _x50"), ...ready("b", "_x8 0x2 1x50") },
        at: "20m",
      },
      "none, since nothing waits": { collected: ready("a", "1x5 0 _x60"), at: "40m" },
    },
  },
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
  SegueWatchdog: {
    fires: [
      {
        collected: process("a", "1x40"),
        at: "1m",
        labels: {},
        says: "It fires always: where it is not heard, no other alert is",
      },
    ],
    silent: {},
  },
};
