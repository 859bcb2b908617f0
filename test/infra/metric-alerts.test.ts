// What Cloud Monitoring is told to watch: the runbook's alerts, each of this fleet's series alone, and words that Prometheus understands.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSettings, topology } from "@segue/infra";
import { alertGroups } from "@segue/watch";
import { describe, expect, test } from "vitest";
import { leastSettings } from "../../packages/infra/src/fixtures/fleets.ts";
import { specOf } from "../support/project-spec.ts";
import { apiCases } from "../watch/cases/api.ts";
import { attemptCases } from "../watch/cases/attempts.ts";
import type { Case, Seen } from "../watch/cases/case.ts";
import { processCases } from "../watch/cases/processes.ts";
import { resultCases } from "../watch/cases/results.ts";
import { workCases } from "../watch/cases/work.ts";
import { missingPrometheus } from "../watch/promtool.ts";

const settings = parseSettings({
  ...leastSettings,
  alertEmails: ["a@example.com", "b@example.com"],
  namespace: "music",
});
const policies = topology(await specOf(), settings).flatMap(({ type, args }) =>
  type === "gcp:monitoring/alertPolicy:AlertPolicy"
    ? args.conditions.flatMap((condition) =>
        "conditionPrometheusQueryLanguage" in condition && "severity" in args
          ? [{ ...args, rule: condition.conditionPrometheusQueryLanguage }]
          : [],
      )
    : [],
);

test("every alert that tells of trouble is there, for all who are told of the others", () => {
  const told = alertGroups.flatMap(({ alerts }) => alerts).filter(({ severity }) => severity !== "none");
  expect(policies.map(({ rule }) => rule.alertRule)).toEqual(told.map(({ name }) => name));
  for (const [index, { severity, notificationChannels, documentation, rule }] of policies.entries()) {
    expect(severity).toBe(told[index]?.severity === "page" ? "CRITICAL" : "WARNING");
    expect(notificationChannels).toHaveLength(2);
    for (const what of told[index]?.first ?? []) expect(documentation.content).toContain(what);
    expect(documentation.content).not.toContain("{{");
    expect(Number.parseInt(rule.duration, 10) % 30).toBe(0);
  }
});

test("each asks of this fleet's series alone", () => {
  for (const { rule } of policies) {
    const series = rule.query.match(/\b(segue|process|nodejs)_\w+/g) ?? [];
    const scoped = rule.query.match(/\b(segue|process|nodejs)_\w+\{cluster="segue",namespace="music"[,}]/g);
    expect(series.length).toBeGreaterThan(0);
    expect(scoped, rule.alertRule).toHaveLength(series.length);
  }
});

const cases: Readonly<Record<string, Case>> = {
  ...{ ...apiCases, ...workCases, ...attemptCases },
  ...{ ...resultCases, ...processCases },
};

/** Series as Managed Prometheus has them, of a fleet in a namespace of the cluster. */
function collectedIn(namespace: string, { collected }: Seen) {
  return Object.entries(collected).map(([series, values]) => {
    const [, metric = "", labels = ""] = /^(\w+)(?:\{(.*)\})?$/.exec(series) ?? [];
    const all = [labels, 'cluster="segue"', `namespace="${namespace}"`].filter(Boolean).join(",");
    return { series: `${metric}{${all}}`, values };
  });
}

/** What promtool says where a policy fires that is not to, or does not that is. Each is tried by itself: a trial takes as long as there are rules. */
function tryPolicies(namespace: string, firesOf: (alert: string, isLoud: boolean) => boolean): string {
  const dir = mkdtempSync(join(tmpdir(), "segue-policies-"));
  try {
    const files = policies.map(({ rule }) => {
      const alert = rule.alertRule;
      const { fires = [], silent = {} } = cases[alert] ?? {};
      const trial = (seen: Seen, isLoud: boolean) => ({
        interval: "1m",
        input_series: collectedIn(namespace, seen),
        alert_rule_test: [
          {
            ...{ eval_time: seen.at, alertname: alert },
            exp_alerts: firesOf(alert, isLoud) ? [{ exp_labels: {} }] : [],
          },
        ],
      });
      const tests = [
        ...fires.map((seen) => trial(seen, true)),
        ...Object.values(silent).map((seen) => trial(seen, false)),
      ];
      expect(tests.length).toBeGreaterThan(1);
      // Which series it is of is the rules' own tests' to say.
      const one = { alert, expr: `count(${rule.query}) > 0`, for: rule.duration };
      const groups = [{ name: "infra", rules: [one] }];
      writeFileSync(join(dir, `${alert}.rules.json`), JSON.stringify({ groups }));
      const trials = { rule_files: [`${alert}.rules.json`], evaluation_interval: "1m", tests };
      const file = join(dir, `${alert}.json`);
      writeFileSync(file, JSON.stringify(trials));
      return file;
    });
    const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", ...files], {
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
    return status === 0 ? "" : `${stdout}${stderr}`;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

describe.skipIf(missingPrometheus)(
  `policies, as Prometheus evaluates them${missingPrometheus ? ` (skipped: ${missingPrometheus})` : ""}`,
  () => {
    test("each fires on what its alert is for, and on nothing else", () => {
      expect(tryPolicies("music", (_, isLoud) => isLoud)).toBe("");
    });

    test("another fleet's trouble in the same cluster is none of theirs", () => {
      // To these nothing is there: that is what the one which misses servers is for.
      expect(tryPolicies("others", (alert) => alert === "SegueServerGone")).toBe("");
    });
  },
);
