// What is watched: the metrics of all processes, and the servers that there is always one of.
import { catalog } from "@segue/catalog";
import { metrics as ofCatalog } from "@segue/catalog/metrics";
import { fetch } from "@segue/fetch";
import { metrics as ofFetch } from "@segue/fetch/metrics";
import { metrics as ofSteps } from "@segue/host/metrics";
import { ingest } from "@segue/ingest";
import { metrics as ofApi } from "@segue/ingest/metrics";
import { metrics as ofProcess } from "@segue/telemetry/process-metrics";
import { byService, increase, series, type Vector } from "./promql.ts";

export { ofApi, ofCatalog, ofFetch, ofProcess, ofSteps };

export const servers = { api: ingest.name, catalog: catalog.name, fetch: fetch.name };

/** Processes of each service that answer who collects. */
export const processes: Vector = `count by (service) (${byService(series(ofProcess.startTime))})`;

/** Endings of deliveries by which work goes forward. */
export const goesForward = /computed|handed-on|skipped|failed|failed-before|rebuild-requested/;
/** Endings of deliveries that were an attempt, or were to be one. */
export const attempted = /computed|handed-on|failed|retried|dead-lettered|handed-back|put-off/;
/** Endings of deliveries by which somebody is at work, whatever comes of it. */
export const atWork = new RegExp(`${goesForward.source}|retried|dead-lettered|handed-back|put-off`);

/** Servers that do something of each track count it themselves, and not as deliveries of steps. */
export const countedByServers = [
  {
    server: fetch,
    counted: (where: { ending: RegExp }) => increase(ofFetch.fetches, "15m", { where, by: ["service_name"] }),
    goesForward: /fetched|failed|told-again/,
    atWork: /fetched|failed|told-again|put-off|handed-back|dead-lettered/,
  },
];

const countedBySteps = {
  counted: (where: { ending: RegExp }) =>
    increase(ofSteps.deliveries, "15m", { where, by: ["service_name"] }),
  ...{ goesForward, atWork },
};

/** Services of which something has ended so within a quarter of an hour, whoever counts it. */
export function servicesThat(what: "goesForward" | "atWork"): Vector {
  const each = [countedBySteps, ...countedByServers].map(
    (of) => `${byService(of.counted({ ending: of[what] }))} > 0`,
  );
  return `(${each.join(" or ")})`;
}
