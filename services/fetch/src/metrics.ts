import { defineMetric } from "@segue/telemetry";

/** What the service `fetch` measures. */
export const metrics = {
  fetches: defineMetric({
    name: "segue_fetches_total",
    type: "counter",
    help: "Deliveries of fetches that ended",
    labels: {
      ending:
        "`fetched`, `failed` (for good), `put-off` (the source is away), `told-again`, `handed-back` or `dead-lettered`",
    },
  }),
  fetchDuration: defineMetric({
    name: "segue_fetch_duration_seconds",
    type: "histogram",
    help: "From delivery to ack or nack, waiting for the host's turn included",
    labels: { ending: "as above" },
    bounds: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600],
  }),
};
