import { existsSync, readFileSync, realpathSync } from "node:fs";
import { cp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";

const Names = z.record(z.string(), z.string()).default({});
const Manifest = z.looseObject({ version: z.string(), dependencies: Names, optionalDependencies: Names });

/** What has been copied so far: package to version. */
export type Copied = Map<string, string>;

/**
 * Copies an installed package with all that it needs into a `node_modules`. What is optional, and not installed, is left out.
 *
 * @param from a folder that finds it.
 */
export async function copyPackage(
  name: string,
  from: string,
  nodeModules: string,
  copied: Copied,
): Promise<void> {
  const folder = findPackage(name, from);
  if (folder === undefined) throw new Error(`${name} is not installed for ${from}`);
  const { version, dependencies, optionalDependencies } = Manifest.parse(
    JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
  );
  const before = copied.get(name);
  if (before === version) return;
  if (before !== undefined)
    throw new Error(`${name}: a build has one version of it, not ${before} and ${version}`);
  copied.set(name, version);
  await cp(folder, join(nodeModules, name), {
    recursive: true,
    filter: (path) => !path.slice(folder.length).includes("/node_modules"),
  });
  for (const each of Object.keys(dependencies)) await copyPackage(each, folder, nodeModules, copied);
  for (const each of Object.keys(optionalDependencies))
    if (findPackage(each, folder) !== undefined) await copyPackage(each, folder, nodeModules, copied);
}

function findPackage(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, "node_modules", name);
    if (existsSync(found)) return realpathSync(found);
    if (dirname(folder) === folder) return undefined;
  }
}
