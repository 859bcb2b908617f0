import { defineServer } from "@segue/step";

/** The API: takes tracks in, and answers what has become of them. */
export const ingest = defineServer({
  name: "ingest",
  // Two, for a rollout and a preempted node: clients call it. Memory: 197 MiB with an upload of 1.9 GB (docs/reliability.md), and what an
  // instance may have in hand: 100 uploads of 1 MiB, a spool of 64; 345 MiB were seen of a build with four exports as Parquet beside 90 uploads.
  resources: { cores: 1, memoryMiB: 512, scratchMiB: 0 },
  scaling: { minReplicas: 2, maxReplicas: null, by: { measure: "cpu", utilization: 0.6 } },
  environment: () => import("./config.ts").then(({ environment }) => environment),
  ports: [{ name: "api", speaks: "http", portVariable: "SEGUE_API_PORT", hostVariable: "SEGUE_API_HOST" }],
  access: {
    // Tasks: a source that is to be fetched, and pings of every service. News: that it may not have told of all that was asked for.
    publishes: ["tracks", "master", "tasks.*", "news"],
    consumes: [],
    objects: {
      // Of the same bytes a second time it is said that somebody counts on them.
      masters: ["get", "list", "create", "update"],
      // Masters on their way in.
      scratch: ["get", "list", "create", "delete"],
      assets: ["get", "list"],
      records: ["get", "list", "create"],
      // Sessions in which clients send files themselves; what is known of them goes when they are tracks.
      uploads: ["get", "list", "create", "delete"],
    },
    database: "serve",
  },
  start: (context) => import("./server.ts").then(({ startIngest }) => startIngest(context)),
});
