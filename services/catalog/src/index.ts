import { defineServer } from "@segue/step";

/** Keeps tracks, their steps, results and failures in Postgres, out of what the other services announce. */
export const catalog = defineServer({
  name: "catalog",
  start: (context) => import("./server.ts").then(({ startCatalog }) => startCatalog(context)),
});
