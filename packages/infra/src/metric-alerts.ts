import { readFileSync } from "node:fs";
import { z } from "zod";
import { channelsOf } from "./alerts.ts";
import { apiName } from "./apis.ts";
import type { Ground } from "./ground.ts";
import { resource } from "./resource.ts";

/** What people are told of, as `npm run alerts` writes it from packages/watch. */
const AlertRules = z.array(
  z.strictObject({
    name: z.string(),
    severity: z.enum(["page", "ticket"]),
    expr: z.string(),
    forSec: z.int().nonnegative(),
    summary: z.string(),
    means: z.string(),
    first: z.array(z.string()),
  }),
);
export type AlertRule = z.infer<typeof AlertRules>[number];

export function readAlertRules(): readonly AlertRule[] {
  const file = new URL("../files/alert-rules.json", import.meta.url);
  return AlertRules.parse(JSON.parse(readFileSync(file, "utf8")));
}

/** How Cloud Monitoring calls it. */
const severities = { page: "CRITICAL", ticket: "WARNING" };
/** A day. */
const autoClose = "86400s";

/**
 * The runbook's alerts over the fleet's own metrics, which Google's managed Prometheus collects (the chart's `podMonitoring`): Cloud Monitoring evaluates them, and
 * tells whoever is told of the others. The chart's own rules (`alerts.as`) would go to an Alertmanager that tells nobody until somebody has set it up.
 */
export function metricAlertResources(ground: Ground) {
  return readAlertRules().map((rule) => metricAlert(ground, rule));
}

function metricAlert(ground: Ground, rule: AlertRule) {
  const { project, prefix, labels } = ground;
  const { name, severity, means, first } = rule;
  return resource(
    "gcp:monitoring/alertPolicy:AlertPolicy",
    `alert/${name}`,
    {
      project,
      displayName: `${prefix}: ${name}`,
      combiner: "OR",
      severity: severities[severity],
      conditions: [
        {
          displayName: inWords(rule.summary),
          conditionPrometheusQueryLanguage: {
            query: scopeTo(ground, rule.expr),
            duration: `${rule.forSec}s`,
            evaluationInterval: "30s",
            alertRule: name,
            // Nothing has been collected yet where the fleet is to come.
            disableMetricValidation: true,
          },
        },
      ],
      documentation: {
        content: [
          inWords(rule.summary),
          means,
          first.map((what, at) => `${at + 1}. ${what}`).join("\n"),
        ].join("\n\n"),
        mimeType: "text/markdown",
      },
      notificationChannels: channelsOf(ground),
      alertStrategy: { autoClose },
      userLabels: labels,
    },
    { dependsOn: [apiName("monitoring"), ...channelsOf(ground).map((channel) => channel.resource)] },
  );
}

/** Of one project's series those of this fleet: of its cluster, and of its namespace there. */
function scopeTo({ prefix, settings: { namespace } }: Ground, expr: string): string {
  const own = `cluster="${prefix}",namespace="${namespace}"`;
  return expr.replaceAll(
    /\b((?:segue|process|nodejs)_\w+)(\{?)/g,
    (_, metric: string, brace: string) => `${metric}{${own}${brace === "" ? "}" : ","}`,
  );
}

/** Cloud Monitoring knows the labels of what fires, and no value: that is in the incident. */
function inWords(summary: string): string {
  return summary
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, "$${metric_or_resource.label.$1}")
    .replaceAll(/\{\{ \$value[^}]*\}\}/g, "(value)");
}
