// Writes the tables of docs/operations.md from the metrics that the processes create their instruments of; with `--check`
// only tells whether they are up to date, and whether any instrument is made past them.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Metric } from "@segue/telemetry";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const docsFile = join(root, "docs/operations.md");
const marks = { begin: "<!-- metrics: npm run operations -->", end: "<!-- end of metrics -->" };

/** Who measures, by the file that says what. */
const measuredBy = (file: string): string => {
  const [group, name] = file.split("/");
  if (group === "services") return `\`${name}\``;
  return name === "telemetry" ? "Every service" : "Services of steps";
};

const unitOf = ({ name }: Metric): string => {
  const base = name.replace(/_total$/, "");
  return base.endsWith("_seconds")
    ? "s"
    : base.endsWith("_bytes")
      ? "bytes"
      : base.endsWith("_ratio")
        ? "0 to 1"
        : "count";
};

async function renderTables(): Promise<string> {
  const tables: string[] = [];
  const files = globSync("{packages,services}/*/src/{metrics,process-metrics}.ts", { cwd: root }).sort();
  for (const file of files) {
    const module: { metrics?: Record<string, Metric> } = await import(pathToFileURL(join(root, file)).href);
    if (!module.metrics) continue;
    const rows = Object.values(module.metrics).map((metric) => {
      const labels = Object.entries(metric.labels).map(([label, meaning]) => `\`${label}\`: ${meaning}`);
      const bounds = metric.bounds ? `. Buckets up to ${metric.bounds.join(", ")}` : "";
      return `| \`${metric.name}\` | ${metric.type} | ${unitOf(metric)} | ${metric.help}${bounds} | ${labels.join("<br>") || "-"} |`;
    });
    tables.push(
      [
        `### ${measuredBy(file)}`,
        "| metric | type | unit | meaning | labels |",
        "|---|---|---|---|---|",
        ...rows,
      ].join("\n"),
    );
  }
  return `${marks.begin}\n${tables.join("\n\n")}\n${marks.end}`;
}

function findStrayInstruments(): string[] {
  const files = globSync("{packages,services}/*/src/**/*.ts", { cwd: root });
  return files.filter(
    (file) =>
      !file.endsWith(".test.ts") &&
      file !== "packages/telemetry/src/metrics.ts" &&
      /\.create(Observable)?(Counter|Histogram|Gauge|UpDownCounter)\(/.test(
        readFileSync(join(root, file), "utf8"),
      ),
  );
}

const before = readFileSync(docsFile, "utf8");
const begin = before.indexOf(marks.begin);
const end = before.indexOf(marks.end);
if (begin < 0 || end < begin)
  throw new Error(`${docsFile}: expected the lines "${marks.begin}" and "${marks.end}"`);
const after = before.slice(0, begin) + (await renderTables()) + before.slice(end + marks.end.length);
if (process.argv.includes("--check")) {
  const problems = findStrayInstruments().map(
    (file) => `${file}: define the metric in a metrics.ts (see defineMetric)`,
  );
  if (after !== before) problems.push("docs/operations.md is out of date: npm run operations");
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exit(1);
  console.log("metrics: ok");
} else writeFileSync(docsFile, after);
