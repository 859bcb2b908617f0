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
