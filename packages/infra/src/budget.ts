import { channelsOf } from "./alerts.ts";
import { apiName } from "./apis.ts";
import type { Ground } from "./ground.ts";
import { resource } from "./resource.ts";

/** Tells of what the project spends; switches nothing off. */
export function budgetResources(ground: Ground) {
  const { billingAccount, perMonth, currency } = ground.settings.budget;
  const channels = channelsOf(ground);
  return [
    resource(
      "gcp:billing/budget:Budget",
      "budget",
      {
        billingAccount,
        displayName: `${ground.project}: ${ground.prefix}`,
        budgetFilter: { projects: [`projects/${ground.settings.projectNumber}`], calendarPeriod: "MONTH" },
        amount: { specifiedAmount: { currencyCode: currency, units: String(perMonth) } },
        thresholdRules: [
          { thresholdPercent: 0.5 },
          { thresholdPercent: 0.9 },
          { thresholdPercent: 1 },
          { thresholdPercent: 1, spendBasis: "FORECASTED_SPEND" },
        ],
        // Google takes five.
        allUpdatesRule: { monitoringNotificationChannels: channels.slice(0, 5) },
      },
      { dependsOn: [apiName("billingbudgets"), ...channels.map((channel) => channel.resource)] },
    ),
  ];
}
