import { ofCatalog } from "../measured.ts";
import { quantile, rate, series, told } from "../promql.ts";
import { type Row, window } from "./panel.ts";

const untilThereIsOne = "something is sent to a webhook";

export const webhooks: Row = {
  title: "Webhooks",
  panels: [
    {
      title: "Deliveries by outcome",
      unit: "ops",
      isStacked: true,
      queries: [
        {
          expr: rate(ofCatalog.webhookDeliveries, window, { by: ["outcome"] }),
          legend: "{{outcome}}",
          absentUntil: untilThereIsOne,
        },
      ],
    },
    {
      title: "Oldest delivery that waits",
      unit: "s",
      help: "Of all webhooks that are sent anything. A receiver that is down makes it grow for a day.",
      queries: [{ expr: told(ofCatalog.webhookOldest, []), legend: "oldest" }],
    },
    {
      title: "Slowest twentieth of deliveries, from",
      unit: "s",
      help: "An attempt has 10 s.",
      queries: [
        {
          expr: quantile(0.95, ofCatalog.webhookDuration, window),
          legend: "slowest",
          absentUntil: untilThereIsOne,
        },
      ],
    },
    {
      title: "Webhooks disabled",
      unit: "short",
      queries: [
        {
          expr: `sum(${series(ofCatalog.webhooksDisabled)})`,
          legend: "disabled",
          absentUntil: "a webhook takes nothing for long, or answers 410",
        },
      ],
    },
  ],
};
