import { defineServer } from "@segue/step";

/** Fetches the sources that requests name: `source -> master`, the step before the chain. */
export const fetch = defineServer({
  name: "fetch",
  start: (context) => import("./server.ts").then(({ startFetch }) => startFetch(context)),
});
