import { type ExecFileSyncOptions, execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";

/** An object of Kubernetes, as far as tests look at it. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  // biome-ignore lint/suspicious/noExplicitAny: its form is its kind's, which the API server checks.
  readonly spec: any;
}

type Render = (chart: string, valuesFile: string, release: string) => string;

const chart = fileURLToPath(new URL("../../helm/segue", import.meta.url));
const quiet = {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "pipe"],
  maxBuffer: 2 ** 26,
} as const satisfies ExecFileSyncOptions;

/** The oldest Kubernetes that the chart is for. A helm of `go install` takes none newer than 1.20 for granted. */
const [, oldest = ""] =
  /^kubeVersion: ">=([0-9.]+)/m.exec(readFileSync(join(chart, "Chart.yaml"), "utf8")) ?? [];
const byCommand: Render = (path, values, release) =>
  execFileSync(
    "helm",
    ["template", release, path, "--namespace", "audio", "--kube-version", oldest, "-f", values],
    quiet,
  );

const program = `
import json, sys, helm_python
chart = helm_python.Chart.load(sys.argv[1])
values = json.load(open(sys.argv[2]))
chart.validate_schema(values)
rendered = chart.render(values, name=sys.argv[3], namespace="audio")
print("\\n---\\n".join(text for name, text in rendered.items() if name.endswith(".yaml")))
`;
const byPython: Render = (path, values, release) =>
  execFileSync("python3", ["-c", program, path, values, release], quiet);

function findHelm(): Render | undefined {
  const works = (command: string, args: string[]) => {
    try {
      execFileSync(command, args, { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  };
  if (works("helm", ["version"])) return byCommand;
  return works("python3", ["-c", "import helm_python"]) ? byPython : undefined;
}

const render = findHelm();

/** Why charts can't be rendered here, if they can't. */
export const missingHelm = render ? undefined : "there is no helm (nor the Python package helm-python-sdk)";

/** What the chart makes of values. @throws what helm says of them. */
export function renderChart(values: object, release = "music"): Manifest[] {
  return withFolder((dir) => renderIn(dir, chart, values, release));
}

/** What it tells whoever installs it, and `helm template` does not print: an object of a copy of the chart. */
export function renderNotes(values: object, release = "music"): string {
  return withFolder((dir) => {
    const copy = join(dir, "segue");
    cpSync(chart, copy, { recursive: true });
    const text = readFileSync(join(chart, "templates/NOTES.txt"), "utf8");
    const told =
      '{ apiVersion: v1, kind: Notes, metadata: { name: notes }, spec: {{ include "notes" . | quote }} }';
    writeFileSync(join(copy, "templates/notes.yaml"), `{{ define "notes" }}${text}{{ end }}${told}\n`);
    const notes = renderIn(dir, copy, values, release).find(({ kind }) => kind === "Notes");
    return String(notes?.spec);
  });
}

function renderIn(dir: string, path: string, values: object, release: string): Manifest[] {
  if (!render) throw new Error(missingHelm);
  const file = join(dir, "values.json");
  writeFileSync(file, JSON.stringify(values));
  return parseAllDocuments(render(path, file, release)).flatMap((document) => {
    const [error] = document.errors;
    if (error) throw error;
    const manifest = document.toJS();
    return manifest ? [manifest as Manifest] : [];
  });
}

function withFolder<T>(use: (dir: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), "segue-chart-"));
  try {
    return use(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}
