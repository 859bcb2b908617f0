// What a release is watched by: who collects, alerts, the dashboard.
import { alertGroups, dashboardRows, renderDashboard, renderRules } from "@segue/watch";
import { beforeAll, describe, expect, test } from "vitest";
import { specOf } from "../support/project-spec.ts";
import { missingHelm, renderChart } from "./render-chart.ts";

const kinds = ["PodMonitoring", "PodMonitor", "PrometheusRule", "Rules", "ConfigMap"];

describe.skipIf(missingHelm)(
  `what a release is watched by${missingHelm ? ` (skipped: ${missingHelm})` : ""}`,
  () => {
    let fleet: object;
    beforeAll(async () => {
      fleet = await specOf();
    });
    const watched = (values: object) =>
      renderChart({ fleet, image: { repository: "fleet", tag: "1" }, ...values }).filter(({ kind }) =>
        kinds.includes(kind),
      );
    const rules = renderRules(alertGroups);

    test("is nothing, where nobody asks for it", () => {
      expect(watched({})).toEqual([]);
    });

    test.each([
      ["prometheus-operator", "monitoring.coreos.com/v1", "PrometheusRule"],
      ["google", "monitoring.googleapis.com/v1", "Rules"],
    ])("alerts as %s are those of the runbook, word for word", (as, apiVersion, kind) => {
      const [object, ...others] = watched({ alerts: { as, labels: { release: "monitoring" } } });
      expect(others).toEqual([]);
      expect(object).toMatchObject({ apiVersion, kind, metadata: { labels: { release: "monitoring" } } });
      expect(object?.spec).toEqual(rules);
    });

    test("alerts lead to their place in the runbook, where there is one", () => {
      const [object] = watched({ alerts: { as: "google", runbookUrl: "https://wiki.example/segue" } });
      const shown = object?.spec as typeof rules;
      expect(
        shown.groups.flatMap(({ rules }) => rules.map(({ annotations }) => annotations.runbook_url)),
      ).toEqual(
        rules.groups.flatMap(({ rules }) =>
          rules.map(({ alert }) => `https://wiki.example/segue#${alert.toLowerCase()}`),
        ),
      );
      expect(shown.groups[0]?.rules[0]?.annotations).toMatchObject(
        rules.groups[0]?.rules[0]?.annotations ?? {},
      );
    });

    test("the dashboard is found by its label, and is what Grafana reads", () => {
      const [object] = watched({ dashboards: { enabled: true } });
      expect(object).toMatchObject({ kind: "ConfigMap", metadata: { labels: { grafana_dashboard: "1" } } });
      const { data } = object as unknown as { data: Record<string, string> };
      expect(JSON.parse(data["segue.json"] ?? "")).toEqual(
        JSON.parse(JSON.stringify(renderDashboard(dashboardRows))),
      );
    });

    test.each([
      ["google", "PodMonitoring", "endpoints"],
      ["prometheus-operator", "PodMonitor", "podMetricsEndpoints"],
    ])("pods are collected from by %s", (as, kind, endpoints) => {
      const [object, ...others] = watched({ podMonitoring: { enabled: true, as, intervalSec: 15 } });
      expect(others).toEqual([]);
      expect(object?.kind).toBe(kind);
      expect(object?.spec[endpoints]).toEqual([{ port: "health", path: "/metrics", interval: "15s" }]);
    });

    test.each([
      ["alerts for whom there are none", { alerts: { as: "datadog" } }, /alerts|none/],
      [
        "an address of a runbook that is none",
        { alerts: { as: "google", runbookUrl: "wiki" } },
        /runbookUrl/,
      ],
      ["a collector that there is not", { podMonitoring: { enabled: true, as: "push" } }, /podMonitoring/],
      [
        "a collector that comes so seldom that alerts see nothing",
        { podMonitoring: { enabled: true, intervalSec: 120 } },
        /intervalSec|maximum/,
      ],
      ["a dashboard's value that there is not", { dashboards: { folder: "x" } }, /folder/],
    ])("%s is refused, in words", (_, values, expected) => {
      expect(() => watched(values)).toThrow(expected);
    });
  },
);
