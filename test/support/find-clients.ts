import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A program that can be run, or why there is none. */
export type Found = { readonly program: string } | { readonly missing: string };

const installed = new URL("../../.clients/", import.meta.url);
const hint = "scripts/install-clients.sh installs it";

/** True when a program starts and ends well. */
function works(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}

/** A Python that has a module: the one that was installed for the tests, or the machine's own. */
export function findPython(module: string): Found {
  const own = fileURLToPath(new URL("python/bin/python", installed));
  for (const program of [own, "python3"]) {
    if (works(program, ["-c", `import ${module}`])) return { program };
  }
  return { missing: `no Python with ${module}: ${hint}` };
}

/** A program built from a folder of Go, named by what it was built from, so that an old one is not taken for it. */
export function findGoProgram(folder: URL, name: string): Found {
  const hash = createHash("sha256");
  for (const file of ["main.go", "go.mod", "go.sum"]) hash.update(readFileSync(new URL(file, folder)));
  const path = new URL(`${name}-${hash.digest("hex").slice(0, 16)}`, installed);
  if (existsSync(path)) return { program: fileURLToPath(path) };
  return { missing: `no program built from ${name}: ${hint}, where there is Go` };
}

/** Google's command line. */
export function findGcloud(): Found {
  if (works("gcloud", ["--version"])) return { program: "gcloud" };
  return { missing: "no gcloud on the PATH" };
}

/** Says aloud that a test is skipped; true when it is. */
export function isMissing(found: Found, what: string): found is { missing: string } {
  if (!("missing" in found)) return false;
  console.warn(`SKIPPED: ${what}: ${found.missing}`);
  return true;
}
