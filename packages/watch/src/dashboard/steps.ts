import { attempted, ofCatalog, ofSteps } from "../measured.ts";
import { quantile, rate } from "../promql.ts";
import { type Query, type Row, window } from "./panel.ts";

/** What an attempt may take, in s. */
const budgetSec = 10;

const computed = { ending: "computed" };

const shareOf = (ending: string, absentUntil: string): Query => ({
  expr: `${rate(ofSteps.deliveries, window, { where: { ending }, by: ["step"] })} / ${rate(ofSteps.deliveries, window, { where: { ending: attempted }, by: ["step"] })}`,
  legend: `{{step}} ${ending}`,
  absentUntil,
});

export const steps: Row = {
  title: "Steps",
  panels: [
    {
      title: "Results computed, by step",
      unit: "ops",
      queries: [
        { expr: rate(ofSteps.deliveries, window, { where: computed, by: ["step"] }), legend: "{{step}}" },
      ],
    },
    {
      title: "Deliveries by how they end",
      unit: "ops",
      isStacked: true,
      queries: [{ expr: rate(ofSteps.deliveries, window, { by: ["ending"] }), legend: "{{ending}}" }],
    },
    {
      title: "Median attempt, by step",
      unit: "s",
      limit: budgetSec,
      queries: [
        {
          expr: quantile(0.5, ofSteps.deliveryDuration, window, { where: computed, by: ["step"] }),
          legend: "{{step}}",
        },
      ],
    },
    {
      title: "Slowest twentieth of attempts, from",
      unit: "s",
      help: "From receiving a message to acking it: what it waits for a core and for storage is in it. The line is the budget.",
      limit: budgetSec,
      queries: [
        {
          expr: quantile(0.95, ofSteps.deliveryDuration, window, { where: computed, by: ["step"] }),
          legend: "{{step}}",
        },
      ],
    },
    {
      title: "Share of the budget that the slowest twentieth takes, from",
      unit: "percentunit",
      help: "Of attempts that computed, without what their messages wait for.",
      limit: 1,
      queries: [
        {
          expr: `${quantile(0.95, ofCatalog.attemptDuration, window, { by: ["step"] })} / ${budgetSec}`,
          legend: "{{step}}",
        },
      ],
    },
    {
      title: "CPU time for each track, by step",
      unit: "s",
      help: "Of attempts that computed a result; by what is accepted at the same time, so that a backfill shows as more.",
      isStacked: true,
      queries: [
        {
          expr: `${rate(ofCatalog.attemptCpu, window, { by: ["step"] })} / on () group_left () ${rate(ofCatalog.projectedTracks, window)}`,
          legend: "{{step}}",
        },
      ],
    },
    {
      title: "Share of attempts that come to nothing",
      unit: "percentunit",
      queries: [
        shareOf("put-off", "an attempt starves, or its worker is unfit"),
        shareOf("retried", "an attempt fails by itself"),
        shareOf("handed-back", "a worker drains with work in hand, or storage does not answer"),
      ],
    },
  ],
};
