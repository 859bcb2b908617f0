import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { catalog } from "@segue/catalog";
import { fetch } from "@segue/fetch";
import { ingest } from "@segue/ingest";
import { describe, expect, test } from "vitest";
import { alertGroups, dashboardRows, renderDashboard, renderRunbook } from "./index.ts";
import { countedByServers, ofApi, ofCatalog, ofFetch, ofProcess, ofSteps } from "./measured.ts";

const docs = fileURLToPath(new URL("../../../docs/", import.meta.url));
const alerts = alertGroups.flatMap((group) => group.alerts);
const queries = dashboardRows.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries));
const metrics = [ofApi, ofCatalog, ofFetch, ofProcess, ofSteps].flatMap((of) => Object.values(of));

/** Anchors of a page's headings, as GitHub makes them. */
const anchorsOf = (page: string) =>
  [...readFileSync(docs + page, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .replace(/ /g, "-"),
  );

test("each alert has a name of its own", () => {
  expect(new Set(alerts.map(({ name }) => name)).size).toBe(alerts.length);
});

describe.each(alerts.map((alert) => [alert.name, alert] as const))("%s", (_, alert) => {
  test("leads to pages and headings that there are", () => {
    expect(alert.look.length).toBeGreaterThan(0);
    for (const [, link] of alert.look) {
      const [page = "", anchor] = link.split("#");
      expect(existsSync(docs + page), link).toBe(true);
      if (anchor) expect(anchorsOf(page), link).toContain(anchor);
    }
  });

  test("names only alerts that there are", () => {
    const named = [alert.means, ...alert.first].join(" ").match(/\bSegue[A-Z]\w+/g) ?? [];
    expect(named.filter((name) => !alerts.some((other) => other.name === name))).toEqual([]);
  });

  test("says what to do first", () => {
    expect(alert.first.length).toBeGreaterThan(0);
  });
});

test("names of metrics are those of their definitions", () => {
  const known = new Set(
    metrics.flatMap(({ name, type }) => (type === "histogram" ? `${name}_bucket` : name)),
  );
  const named = [...alerts, ...queries].flatMap(
    ({ expr }) => expr.match(/\b(segue|process|nodejs)_\w+/g) ?? [],
  );
  expect(named.length).toBeGreaterThan(alerts.length);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test("of each server that work waits for it is known what it counts", () => {
  const waitedFor = [ingest, catalog, fetch].filter(({ work }) => work);
  expect(waitedFor.length).toBeGreaterThan(0);
  expect(countedByServers.map(({ server }) => server.name)).toEqual(waitedFor.map(({ name }) => name));
});

test("everything that is measured is watched", () => {
  const all = [...alerts, ...queries].map(({ expr }) => expr).join("\n");
  expect(metrics.map(({ name }) => name).filter((name) => !all.includes(name))).toEqual([
    // Fetches are counted by how they end.
    ofFetch.fetchDuration.name,
  ]);
});

test("the runbook has an entry for each alert, which the alert's name finds", () => {
  const page = renderRunbook(alertGroups);
  for (const { name, expr, first } of alerts) {
    expect(page).toContain(`\n### ${name}\n`);
    expect(page).toContain(`(#${name.toLowerCase()})`);
    expect(page).toContain(expr);
    for (const what of first) expect(page).toContain(what);
  }
  expect(page).not.toContain("{{");
});

describe("the dashboard", () => {
  const { panels = [] } = renderDashboard(dashboardRows);
  const places = panels.map(({ gridPos, id }) => ({ id, ...(gridPos ?? { x: -1, y: -1, w: 0, h: 0 }) }));

  test("has a place and a number for each panel, and none on another", () => {
    expect(new Set(places.map(({ id }) => id)).size).toBe(places.length);
    for (const one of places)
      for (const other of places)
        if (one !== other)
          expect(
            one.x + one.w <= other.x ||
              other.x + other.w <= one.x ||
              one.y + one.h <= other.y ||
              other.y + other.h <= one.y,
            `${one.id} and ${other.id}`,
          ).toBe(true);
  });

  test("asks all that its rows do", () => {
    const asked = panels.flatMap((panel) => ("targets" in panel ? (panel.targets ?? []) : []));
    expect(asked.map((target) => (target as { expr?: string }).expr)).toEqual(
      queries.map(({ expr }) => expr),
    );
  });
});
