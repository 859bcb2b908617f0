import { defineServer } from "@segue/step";

/** Keeps tracks, their steps, results and failures in Postgres, out of what the other services announce. */
export const catalog = defineServer({
  name: "catalog",
  // Memory: 303 MiB at most over a backfill of a million tracks (README, "Measured").
  resources: { cores: 1, memoryMiB: 384, scratchMiB: 0 },
  // Several write faster than one, as far as their database goes.
  scaling: { minReplicas: 1, maxReplicas: 4, by: { measure: "cpu", utilization: 0.7 } },
  access: {
    // What goes on again: a replayed master, steps that nobody owns, sources. News: that something has happened, where somebody waits for it.
    publishes: ["master", "tasks.*", "news"],
    consumes: ["outcomes", "tracks", "dead-letter"],
    objects: {
      // What was deleted goes from everywhere.
      masters: ["get", "list", "delete"],
      // Whether a step is under way, or put off; and intermediates that nobody needs any more.
      scratch: ["get", "list", "delete"],
      // Records of files that are kept are with the files.
      assets: ["get", "list", "delete"],
      records: ["get", "list", "create", "delete"],
      uploads: ["list", "delete"],
    },
    database: "write",
  },
  environment: () => import("./config.ts").then(({ environment }) => environment),
  start: (context) => import("./server.ts").then(({ startCatalog }) => startCatalog(context)),
});
