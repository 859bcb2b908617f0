// The chart's rules, as Prometheus itself evaluates them: each fires on what it is for, and on nothing else.
import { alertGroups } from "@segue/watch";
import { describe, expect, test } from "vitest";
import { apiCases } from "./cases/api.ts";
import { attemptCases } from "./cases/attempts.ts";
import type { Case } from "./cases/case.ts";
import { processCases } from "./cases/processes.ts";
import { resultCases } from "./cases/results.ts";
import { workCases } from "./cases/work.ts";
import { missingPrometheus, type Trial, tryRules } from "./promtool.ts";

const cases: Readonly<Record<string, Case>> = {
  ...apiCases,
  ...workCases,
  ...attemptCases,
  ...resultCases,
  ...processCases,
};
const alerts = new Map(alertGroups.flatMap((group) => group.alerts.map((alert) => [alert.name, alert])));
const alertOf = (name: string) => {
  const alert = alerts.get(name);
  if (!alert) throw new Error(`there is no alert ${name}`);
  return alert;
};
const loud = Object.entries(cases).flatMap(([alert, { fires }]) =>
  fires.map(
    ({ collected, at, labels, says }): Trial => ({ alert, collected, at, fires: [{ labels, says }] }),
  ),
);
const silent = Object.entries(cases).flatMap(([alert, of]) =>
  Object.values(of.silent).map((seen): Trial => ({ alert, ...seen, fires: [] })),
);

if (missingPrometheus) console.warn(`alerts are not tried: ${missingPrometheus}`);

test("each alert has something that it is for, and something that it is not", () => {
  expect(Object.keys(cases)).toEqual([...alerts.keys()]);
  for (const [name, { fires, silent }] of Object.entries(cases)) {
    expect(fires.length).toBeGreaterThan(0);
    // What tells of no trouble fires always.
    expect([name, Object.keys(silent).length > 0]).toEqual([name, alertOf(name).severity !== "none"]);
  }
});

describe.skipIf(missingPrometheus)(
  `rules${missingPrometheus ? ` (skipped: ${missingPrometheus})` : ""}`,
  () => {
    test("each fires on what it is for, and says so", () => {
      expect(tryRules(loud, alertOf)).toBe("");
    });

    test("none fires on what it is not for", () => {
      expect(tryRules(silent, alertOf)).toBe("");
    });
  },
);
