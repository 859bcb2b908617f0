import { defineMetric } from "@segue/telemetry";

const route = "pattern of the path, such as `/v1/tracks/:id`; `none` where nothing answers";
const method = "of the request";

/** What the API measures. */
export const metrics = {
  requests: defineMetric({
    name: "segue_api_requests_total",
    type: "counter",
    help: "Requests that were answered",
    labels: {
      route,
      method,
      status: "of the answer, such as `202`",
      code: "of the problem that was answered, as [errors.md](errors.md#answers-of-the-api) has it; `none` where there was none",
    },
  }),
  requestDuration: defineMetric({
    name: "segue_api_request_duration_seconds",
    type: "histogram",
    help: "From a request's head to the end of its answer, uploads and downloads included; without those that wait for something to happen",
    labels: { route, method },
    bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  }),
  heldRequests: defineMetric({
    name: "segue_api_held_requests",
    type: "gauge",
    help: "Requests that are held open until something happens: `wait`, and server-sent events",
    labels: {},
  }),
  auditWaiting: defineMetric({
    name: "segue_audit_waiting",
    type: "gauge",
    help: "Entries of the audit that the database has not taken yet. They are kept within a second as a rule",
    labels: {},
  }),
  auditLost: defineMetric({
    name: "segue_audit_lost_total",
    type: "counter",
    help: "Entries of the audit that the log alone has: while the database took none, more came than may wait",
    labels: {},
  }),
  acceptedTracks: defineMetric({
    name: "segue_accepted_tracks_total",
    type: "counter",
    help: "Tracks that were accepted",
    labels: { source: "where the bytes came from: `upload`, `gs`, `https`" },
  }),
  acceptedBytes: defineMetric({
    name: "segue_accepted_bytes_total",
    type: "counter",
    help: "Bytes of the masters of accepted tracks",
    labels: { source: "as above" },
  }),
};
