// Puts the world's stand-ins in the places of Node's own modules, for the product's code and the toy fleet: what is
// under test is imported as it is, and a timer or a random id that somebody adds tomorrow is simulated like the others.
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { changesOf, type Plant, plantIn } from "../plants/plant.ts";
import { installGlobals } from "./globals.ts";

const here = new URL("./", import.meta.url);
const root = new URL("../../../", import.meta.url).href;
const universe = new URL("../", import.meta.url).href;
/** Code of the product, and the steps that run in it. */
const simulated = [`${root}packages/`, `${root}services/`, `${universe}fleet/`];

const standIns: Readonly<Record<string, string>> = {
  "node:timers/promises": "timers-promises.ts",
  "node:crypto": "crypto.ts",
  "node:fs": "fs.ts",
  "node:fs/promises": "fs-promises.ts",
  "node:child_process": "child-process.ts",
  "node:https": "https.ts",
  "node:worker_threads": "worker-threads.ts",
  piscina: "piscina.ts",
  pg: "pg.ts",
};

/** @param plant a bug for this universe; undefined for the product as it is. */
export function registerStandIns(plant: Plant | undefined): void {
  installGlobals();
  const changes = new Map((plant ? changesOf(plant) : []).map((change) => [`${root}${change.file}`, change]));
  registerHooks({
    resolve(specifier, context, next) {
      const standIn = standIns[specifier];
      if (standIn && isSimulated(context.parentURL))
        return { url: new URL(standIn, here).href, shortCircuit: true };
      return next(specifier, context);
    },
    load(url, context, next) {
      const loaded = next(url, context);
      const change = changes.get(url.split("?")[0] ?? "");
      if (plant && change) return { ...loaded, source: plantIn(String(loaded.source), plant, change) };
      return url.endsWith("?program") ? { ...loaded, source: asFunction(String(loaded.source)) } : loaded;
    },
  });
}

/** A program's module as a function of its process: many run in one universe, each in one of its own. */
function asFunction(source: string): string {
  const lastImport = source.lastIndexOf('";\n', source.search(/^(const|let|function|async|process)\b/m));
  const end = lastImport + 3;
  return `${source.slice(0, end)}export function main(process) {${source.slice(end)}}`;
}

function isSimulated(parentUrl: string | undefined): boolean {
  if (!parentUrl?.startsWith("file:")) return false;
  // Links between workspace packages are followed before a module's own address is known.
  return (
    simulated.some((folder) => parentUrl.startsWith(folder)) &&
    !fileURLToPath(parentUrl).includes("node_modules")
  );
}
