import { fetchStep } from "@segue/contracts";
import { defineServer } from "@segue/step";

/** Fetches the sources that requests name: `source -> master`, the step before the chain. */
export const fetch = defineServer({
  name: "fetch",
  // Memory: a process, and what it may have in hand: 16 sources of 1 MiB, a spool of 64.
  resources: { cores: 1, memoryMiB: 256, scratchMiB: 0 },
  // A limit, since each asks a host for as much at once as it may: what waits for one host is not fetched faster by hundreds.
  scaling: { minReplicas: 1, maxReplicas: 8, by: { measure: "backlog", waitSec: 60 } },
  work: {
    step: fetchStep,
    slots: (env) => import("./config.ts").then(({ readFetchSlots }) => readFetchSlots(env)),
    takesSec: 2,
  },
  access: {
    publishes: ["outcomes", "master", "dead-letter"],
    consumes: ["tasks.fetch"],
    objects: {
      // Of the same bytes a second time it is said that somebody counts on them.
      masters: ["get", "list", "create", "update"],
      // Masters on their way in, and what is put off.
      scratch: ["get", "list", "create", "delete"],
      // A source's secret part goes when it has been fetched.
      records: ["get", "list", "create", "delete"],
      // What clients have sent themselves, which goes as well.
      uploads: ["get", "list", "delete"],
    },
    foreignBuckets: "SEGUE_SOURCE_BUCKETS",
  },
  environment: () => import("./config.ts").then(({ environment }) => environment),
  start: (context) => import("./server.ts").then(({ startFetch }) => startFetch(context)),
});
