// Dependencies point one way: services -> host -> runner -> queue, artifacts -> step -> contracts, and services never import services.
// No file imports another one that imports it.
// pnpm lets a package import only what its manifest lists, so checking the manifests checks the imports.
import { globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findImportCircles } from "./find-import-circles.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Which workspace packages each package may depend on; a service, and an example of one, may use any package but cli and local-cloud, and the kinds of other services. */
const allowed: Record<string, readonly string[]> = {
  contracts: [],
  client: ["contracts"],
  wording: ["contracts"],
  dashboard: ["contracts", "wording"],
  telemetry: ["contracts", "loopback-guard"],
  synth: [],
  store: ["contracts"],
  "child-process": [],
  "loopback-guard": [],
  dsp: [],
  renderings: ["contracts", "dsp"],
  audio: ["contracts", "child-process", "dsp"],
  "catalog-db": ["contracts"],
  chain: ["contracts"],
  step: ["contracts", "child-process", "chain", "store", "telemetry"],
  queue: ["contracts", "chain", "telemetry"],
  artifacts: ["contracts", "chain", "queue", "step", "store"],
  runner: ["contracts", "child-process", "chain", "step", "queue", "artifacts", "store"],
  host: ["contracts", "chain", "step", "queue", "artifacts", "runner", "store", "telemetry"],
  "fleet-spec": ["contracts", "chain", "step", "host", "telemetry"],
  infra: ["contracts"],
  conform: ["contracts", "child-process", "chain", "step", "artifacts", "runner", "renderings"],
  "local-cloud": ["contracts", "loopback-guard", "telemetry"],
  intake: ["contracts", "chain", "store", "telemetry"],
  plan: ["contracts", "chain", "catalog-db"],
  scaling: ["contracts", "chain", "step", "catalog-db", "synth"],
  // Of services it knows what they measure, and what they are called.
  watch: ["telemetry", "host", "catalog", "fetch", "ingest"],
  launcher: [
    "contracts",
    "child-process",
    "chain",
    "step",
    "queue",
    "artifacts",
    "host",
    "fleet-spec",
    "store",
    "local-cloud",
    "telemetry",
    "dashboard",
  ],
  cli: [
    "contracts",
    "client",
    "chain",
    "child-process",
    "step",
    "queue",
    "host",
    "fleet-spec",
    // As data: it knows no Pulumi.
    "infra",
    "launcher",
    "store",
    "telemetry",
    "local-cloud",
    "synth",
    "audio",
    "catalog-db",
    "plan",
    "scaling",
    "wording",
  ],
};
const forServices = [
  "contracts",
  "loopback-guard",
  "step",
  "queue",
  "artifacts",
  "runner",
  "chain",
  "audio",
  "dsp",
  "store",
  "telemetry",
  "synth",
  "catalog-db",
  "plan",
  "scaling",
  "intake",
  "renderings",
  "dashboard",
  "wording",
];

type Manifest = {
  name: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
};

const problems: string[] = [];

/** A service may import another one's kind, which is data, by the entry that has nothing else; and nothing of its code. */
function findForeignImports(folder: string, sibling: string): string[] {
  const sources = globSync("{src,test}/**/*.{ts,js}", { cwd: folder });
  const foreign = new RegExp(`from "${sibling}(?!/kind")[^"]*"`);
  return sources.filter((file) => foreign.test(readFileSync(join(folder, file), "utf8")));
}

const serviceNames = readdirSync(join(root, "services"));
for (const group of ["packages", "services", "examples"]) {
  for (const folder of readdirSync(join(root, group))) {
    const file = join(root, group, folder, "package.json");
    const manifest = JSON.parse(readFileSync(file, "utf8")) as Manifest;
    const mayUse = group === "packages" ? allowed[folder] : forServices;
    if (!mayUse) {
      problems.push(`${group}/${folder}: not listed in scripts/check-dependencies.ts`);
      continue;
    }
    for (const name of Object.keys({ ...manifest.dependencies })) {
      if (!name.startsWith("@segue/")) continue;
      const target = name.slice("@segue/".length);
      if (group === "services" && serviceNames.includes(target)) {
        for (const source of findForeignImports(join(root, group, folder), name))
          problems.push(
            `${group}/${folder}/${source} imports ${name}; of a service only ${name}/kind may be imported`,
          );
        continue;
      }
      if (!mayUse.includes(target)) {
        problems.push(
          `${group}/${folder} depends on ${name}; it may use only: ${mayUse.join(", ") || "nothing"}`,
        );
      }
    }
  }
}
for (const circle of findImportCircles(root))
  problems.push(`files that import each other in a circle: ${circle.join(", ")}`);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log("dependency direction: ok");
