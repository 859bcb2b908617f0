import { type Case, running, unseenProcess } from "./case.ts";

const told = (metric: string, value: number, catalog = "a") => ({
  [`${metric}{service="decode",service_name="catalog",pod="${catalog}"}`]: `${value}x120`,
});
const waiting = (attempts: number) => told("segue_waiting_attempts", attempts);
const wanted = (replicas: number) => told("segue_wanted_replicas", replicas);
const deliveries = (ending: string, values: string, pod = "a") => ({
  [`segue_deliveries_total{service_name="decode",pod="${pod}",step="decode",ending="${ending}"}`]: values,
});
const stalled = (attempts: number, service = "decode") => ({
  labels: { service },
  says: `${attempts} attempts wait for ${service}, and none comes to anything`,
});
const sources = { 'segue_waiting_attempts{service="fetch",service_name="catalog",pod="a"}': "500x120" };
const fetches = (ending: string, perMinute: number) => ({
  [`segue_fetches_total{service_name="fetch",pod="a",ending="${ending}"}`]: `0+${perMinute}x120`,
});

export const workCases: Readonly<Record<string, Case>> = {
  SegueServiceStalled: {
    fires: [
      { collected: waiting(1), at: "16m", ...stalled(1) },
      {
        collected: {
          ...waiting(30),
          ...deliveries("computed", "0+5x20 100x80"),
          ...deliveries("put-off", "0+1x100"),
        },
        at: "55m",
        ...stalled(30),
      },
      { collected: sources, at: "16m", ...stalled(500, "fetch") },
      { collected: { ...sources, ...fetches("put-off", 10) }, at: "55m", ...stalled(500, "fetch") },
    ],
    silent: {
      "one track that starves again and again": {
        collected: {
          ...waiting(1),
          ...deliveries("put-off", "0x14 1x14 2x14 3x14"),
          ...deliveries("handed-back", "0+1x60"),
        },
        at: "55m",
      },
      "a result now and then": {
        collected: { ...waiting(30), ...deliveries("computed", "0x9 1x9 2x9 3x9 4x9 5x9 6x9") },
        at: "65m",
      },
      // Of each the series begins with the 1 that it ends with.
      "workers that are taken away after a result each": {
        collected: {
          ...waiting(30),
          ...deliveries("computed", "_x5 1x6", "a"),
          ...deliveries("computed", "_x15 1x6", "b"),
          ...deliveries("computed", "_x25 1x6", "c"),
          ...deliveries("computed", "_x35 1x6", "d"),
        },
        at: "40m",
      },
      "sources that are fetched, more slowly than they come": {
        collected: { ...sources, ...fetches("fetched", 10) },
        at: "60m",
      },
      "nothing to do": { collected: { ...waiting(0), ...deliveries("computed", "100x120") }, at: "60m" },
    },
  },
  SegueWorkersMissing: {
    fires: [
      {
        collected: { ...wanted(10), ...running({ decode: 7 }) },
        at: "16m",
        labels: { service: "decode" },
        says: "decode has 7 workers, and less than four fifths of those that it takes",
      },
      {
        collected: { ...wanted(1), ...running({ ingest: 2 }) },
        at: "16m",
        labels: { service: "decode" },
        says: "decode has 0 workers, and less than four fifths of those that it takes",
      },
    ],
    silent: {
      "two of ten on their way": { collected: { ...wanted(10), ...running({ decode: 8 }) }, at: "60m" },
      "none wanted": { collected: wanted(0), at: "60m" },
      "some minutes until they are there": {
        collected: { ...wanted(10), ...running({ decode: 7 }) },
        at: "14m",
      },
    },
  },
  SegueWorkWaits: {
    fires: [
      {
        // Two catalogs tell the same work.
        collected: {
          ...told("segue_waiting_cpu_seconds", 3_000, "a"),
          ...told("segue_waiting_cpu_seconds", 3_000, "b"),
          ...running({ decode: 4 }),
        },
        at: "16m",
        labels: { service: "decode" },
        says: "Each worker of decode has 12m 30s of CPU time before it",
      },
    ],
    silent: {
      "ten minutes for each": {
        collected: { ...told("segue_waiting_cpu_seconds", 3_000), ...running({ decode: 5 }) },
        at: "60m",
      },
    },
  },
  SegueMessagesReturned: {
    fires: [
      {
        collected: { 'segue_returned_messages_total{service_name="catalog",step="key"}': "0+1x120" },
        at: "100m",
        labels: { step: "key" },
        says: "The queue goes on giving up on messages for key",
      },
    ],
    silent: {
      "what an outage left": {
        collected: { 'segue_returned_messages_total{service_name="catalog",step="key"}': "0x5 30x110" },
        at: "30m",
      },
      "those of before pauses in which nobody collected": {
        collected: {
          'segue_returned_messages_total{service_name="catalog",pod="a",step="key"}': `30x9${" _x10 30x9".repeat(9)}`,
          ...unseenProcess("a", "catalog", () => `0x9${" _x10 0x9".repeat(9)}`),
        },
        at: "180m",
      },
    },
  },
};
