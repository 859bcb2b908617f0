// Writes what people watch a fleet by, from packages/watch: the chart's alerts and dashboard, infra's alerts, and docs/runbook.md; with `--check` only tells
// whether they are up to date.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  alertGroups,
  dashboardRows,
  renderDashboard,
  renderPolicyRules,
  renderRules,
  renderRunbook,
} from "@segue/watch";
import { stringify } from "yaml";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const runbook = "docs/runbook.md";
const marks = { begin: "<!-- alerts: npm run alerts -->", end: "<!-- end of alerts -->" };

const read = (file: string) => (existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : "");

function renderPage(): string {
  const page = read(runbook);
  const begin = page.indexOf(marks.begin);
  const end = page.indexOf(marks.end);
  if (begin < 0 || end < begin)
    throw new Error(`${runbook}: expected the lines "${marks.begin}" and "${marks.end}"`);
  return `${page.slice(0, begin)}${marks.begin}\n${renderRunbook(alertGroups)}\n${page.slice(end)}`;
}

const files = {
  "helm/segue/files/alerts.yaml": `# Written by npm run alerts.\n${stringify(renderRules(alertGroups), { lineWidth: 0 })}`,
  "packages/infra/files/alert-rules.json": `${JSON.stringify(renderPolicyRules(alertGroups), null, 2)}\n`,
  "helm/segue/files/dashboard.json": `${JSON.stringify(renderDashboard(dashboardRows), null, 2)}\n`,
  [runbook]: renderPage(),
};

const outdated = Object.entries(files).filter(([file, text]) => read(file) !== text);
if (process.argv.includes("--check")) {
  for (const [file] of outdated) console.error(`${file} is out of date: npm run alerts`);
  if (outdated.length > 0) process.exit(1);
  console.log("alerts: ok");
} else
  for (const [file, text] of outdated) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
