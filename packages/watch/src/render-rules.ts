import type { AlertGroup } from "./alert.ts";

/** Groups of rules as Prometheus reads them from a file, and as `PrometheusRule` and Google's `Rules` have them in `spec`. */
export interface RuleFile {
  readonly groups: readonly {
    readonly name: string;
    /** Google asks for one. */
    readonly interval: string;
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly for: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
    }[];
  }[];
}

export function renderRules(groups: readonly AlertGroup[]): RuleFile {
  return {
    groups: groups.map(({ name, alerts }) => ({
      name,
      interval: "30s",
      rules: alerts.map((alert) => ({
        alert: alert.name,
        expr: alert.expr,
        for: alert.for,
        labels: { severity: alert.severity },
        annotations: { summary: alert.summary, description: alert.means },
      })),
    })),
  };
}

/** Alerts as Cloud Monitoring is given them (packages/infra): those that tell of trouble. */
export function renderPolicyRules(groups: readonly AlertGroup[]) {
  return groups
    .flatMap(({ alerts }) => alerts)
    .filter(({ severity }) => severity !== "none")
    .map(({ name, severity, expr, for: lasts, summary, means, first }) => ({
      ...{ name, severity, expr, forSec: secondsOf(lasts), summary, means, first },
    }));
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** @throws {TypeError} for what is not of the form `10m`, or no half a minute, or several: Cloud Monitoring takes no other. */
function secondsOf(duration: string): number {
  const [, amount, unit = ""] = /^(\d+)([smh])$/.exec(duration) ?? [];
  const sec = Number(amount) * (units[unit] ?? Number.NaN);
  if (sec % 30 === 0) return sec;
  throw new TypeError(`${duration}: expected 30s, 10m, 1h or the like`);
}
