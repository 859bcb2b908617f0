import { defineMetric } from "@segue/telemetry";

const labels = {
  step: "name of the step",
  ending:
    "`computed`; `handed-on` (long input: another attempt goes on); `skipped` (the result was there); `failed` for good, or " +
    "`failed-before`; `retried`, `dead-lettered`; `handed-back` (drain, outage, put off for some time yet, or for a younger worker); `put-off` (it starved, or the worker is unfit); `rebuild-requested`; " +
    "`not-wanted`, `not-yet` (inputs are missing), `ping-answered`",
};

/** What every worker measures. */
export const metrics = {
  deliveries: defineMetric({
    name: "segue_deliveries_total",
    type: "counter",
    help: "Deliveries by how they ended",
    labels,
  }),
  deliveryDuration: defineMetric({
    name: "segue_delivery_duration_seconds",
    type: "histogram",
    help: "From receiving a message to acking it. An attempt's budget is 10 s",
    labels,
    bounds: [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 9, 10, 11, 15, 30, 60],
  }),
};
