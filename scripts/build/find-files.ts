import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

/** What a service never loads: tests, tools, and what starts or stands in for a fleet. */
const elsewhere =
  /\.test\.ts$|\/(fixtures|training|testing)\/|\/testing\.ts$|^packages\/(cli|client|conform|fleet-spec|launcher|local-cloud|synth)\//;

/** How code names a file that lies beside it. */
export const besideUrl = /new URL\(\s*"(\.[^"]*)",\s*import\.meta\.url,?\s*\)/g;

/** What stands in a build for what code names by its place: the name of an entry, or of a copy. */
export interface Beside {
  /** Source file to the entry that it becomes, without an extension. */
  readonly entries: ReadonlyMap<string, string>;
  /** File or folder to the path of its copy. */
  readonly copies: ReadonlyMap<string, string>;
}

/** All files that services' code names by where they lie: modules for threads and processes of their own, and what is read as it is. */
export function findBeside(root: string): Beside {
  const entries = new Map<string, string>();
  const copies = new Map<string, string>();
  const sources = globSync("{packages,services}/*/src/**/*.ts", { cwd: root }).filter(
    (file) => !elsewhere.test(file),
  );
  for (const source of sources) {
    const code = readFileSync(join(root, source), "utf8");
    for (const [, url = ""] of code.matchAll(besideUrl)) {
      const target = resolve(root, dirname(source), url);
      if (!existsSync(target)) continue;
      if (statSync(target).isFile() && target.endsWith(".ts")) entries.set(target, basename(target, ".ts"));
      else copies.set(target, join("files", relative(root, target)));
    }
  }
  const names = [...entries.values()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new Error(`two modules of their own are called ${twice}: they need two names`);
  return { entries, copies };
}
