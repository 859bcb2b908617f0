// What Cloud Monitoring is told to watch: the runbook's alerts, each of this fleet's series alone, and words that Prometheus understands.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSettings, topology } from "@segue/infra";
import { alertGroups } from "@segue/watch";
import { expect, test } from "vitest";
import { leastSettings } from "../../packages/infra/src/fixtures/fleets.ts";
import { specOf } from "../support/project-spec.ts";
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

test.skipIf(missingPrometheus)(
  `Prometheus understands each${missingPrometheus ? ` (skipped: ${missingPrometheus})` : ""}`,
  () => {
    const dir = mkdtempSync(join(tmpdir(), "segue-policies-"));
    try {
      const file = join(dir, "rules.json");
      const rules = policies.map(({ rule }) => ({ alert: rule.alertRule, expr: rule.query }));
      writeFileSync(file, JSON.stringify({ groups: [{ name: "infra", rules }] }));
      const said = execFileSync("promtool", ["check", "rules", file], { encoding: "utf8" });
      expect(said).toContain(`SUCCESS: ${rules.length} rules found`);
    } finally {
      rmSync(dir, { recursive: true });
    }
  },
);
