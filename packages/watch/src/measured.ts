// What is watched: the metrics of all processes, and the servers that there is always one of.
import { catalog } from "@segue/catalog";
import { metrics as ofCatalog } from "@segue/catalog/metrics";
import { fetch } from "@segue/fetch";
import { metrics as ofFetch } from "@segue/fetch/metrics";
import { metrics as ofSteps } from "@segue/host/metrics";
import { ingest } from "@segue/ingest";
import { metrics as ofApi } from "@segue/ingest/metrics";
import { metrics as ofProcess } from "@segue/telemetry/process-metrics";
import { byService, series, type Vector } from "./promql.ts";

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
