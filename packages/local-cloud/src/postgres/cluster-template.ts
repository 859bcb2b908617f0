import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Whatever an empty cluster is made of: of another PGlite, or with another role, it would be another one. */
const ingredients = [
  new URL("../package.json", import.meta.resolve("@electric-sql/pglite")),
  new URL("./only-role.ts", import.meta.url),
  new URL("./create-cluster-main.ts", import.meta.url),
];

/** Where this checkout keeps an empty cluster to copy, which holds no secret and no data. */
export function templatePath(): string {
  const hash = createHash("sha256");
  for (const file of ingredients) hash.update(readFileSync(file));
  const name = `.cache/postgres-${hash.digest("hex").slice(0, 16)}`;
  return fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url));
}

/** Keeps a copy of a cluster that nobody has opened yet. Where that can't be, as in an installation that is only read, there is none. */
export async function keepTemplate(cluster: string, template: string): Promise<void> {
  const partial = `${template}.${randomUUID()}.partial`;
  try {
    mkdirSync(dirname(template), { recursive: true });
    await cp(cluster, partial, { recursive: true });
    // Of several that are made at the same time one stays; a rename over a folder that holds something fails.
    renameSync(partial, template);
  } catch {
    await rm(partial, { recursive: true, force: true }).catch(() => {});
  }
}
