import { defineServer } from "@segue/step";

/** The API: takes tracks in, and answers what has become of them. */
export const ingest = defineServer({
  name: "ingest",
  start: (context) => import("./server.ts").then(({ startIngest }) => startIngest(context)),
});
