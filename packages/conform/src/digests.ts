import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Sample } from "./sample.ts";

/** SHA-256 of every file in a directory, and of the samples' own, wherever those are. */
export async function digestsOf(dir: string, samples: readonly Sample[]): Promise<Map<string, string>> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const inputs = samples.flatMap(({ given }) =>
    Object.values(given).flatMap(({ path }) => (path ? [path] : [])),
  );
  const digests = new Map<string, string>();
  for (const path of new Set([...files, ...inputs]))
    digests.set(
      path,
      createHash("sha256")
        .update(await readFile(path))
        .digest("hex"),
    );
  return digests;
}
