import { watch } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Notes every name that is made in a directory, until the function that it returns is called, which gives them, gone ones too. */
export async function watchNames(dir: string): Promise<() => Promise<ReadonlySet<string>>> {
  const names = new Set<string>();
  const watcher = watch(dir, { persistent: false }, (_event, name) => {
    if (name !== null) names.add(name);
  });
  return async () => {
    // What happened before this is seen has been told by then: the system keeps the order.
    const sentinel = ".seen-up-to-here";
    await writeFile(join(dir, sentinel), "");
    while (!names.has(sentinel)) await new Promise((resolve) => setImmediate(resolve));
    watcher.close();
    await rm(join(dir, sentinel));
    names.delete(sentinel);
    return names;
  };
}
