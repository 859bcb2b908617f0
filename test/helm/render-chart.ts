import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

type Render = (valuesFile: string) => string;

const chart = fileURLToPath(new URL("../../helm/segue", import.meta.url));
const release = "music";

const byCommand: Render = (values) =>
  execFileSync("helm", ["template", release, chart, "--namespace", "audio", "-f", values], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 2 ** 26,
  });

const program = `
import json, sys, helm_python
chart = helm_python.Chart.load(sys.argv[1])
values = json.load(open(sys.argv[2]))
chart.validate_schema(values)
rendered = chart.render(values, name=sys.argv[3], namespace="audio")
print("\\n---\\n".join(text for name, text in rendered.items() if name.endswith(".yaml")))
`;
const byPython: Render = (values) =>
  execFileSync("python3", ["-c", program, chart, values, release], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 2 ** 26,
  });

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
export function renderChart(values: object): Manifest[] {
  if (!render) throw new Error(missingHelm);
  const dir = mkdtempSync(join(tmpdir(), "segue-chart-"));
  try {
    const file = join(dir, "values.json");
    writeFileSync(file, JSON.stringify(values));
    return parseAllDocuments(render(file)).flatMap((document) => {
      const [error] = document.errors;
      if (error) throw error;
      const manifest = document.toJS();
      return manifest ? [manifest as Manifest] : [];
    });
  } finally {
    rmSync(dir, { recursive: true });
  }
}
