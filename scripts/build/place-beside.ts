import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Plugin } from "esbuild";
import { type Beside, besideUrl } from "./find-files.ts";

/** Has code find in a build what it finds beside itself as it is: all of a build lies in one folder. */
export function placeBeside({ entries, copies }: Beside): Plugin {
  return {
    name: "place-beside",
    setup(build) {
      build.onLoad(
        { filter: /\/(packages|services)\/[^/]+\/src\/.*\.ts$|segue\.config\.ts$/ },
        async ({ path }) => {
          const code = await readFile(path, "utf8");
          const contents = code.replaceAll(besideUrl, (whole, url: string) => {
            const target = resolve(dirname(path), url);
            const entry = entries.get(target);
            const placed = entry === undefined ? copies.get(target) : `${entry}.js`;
            if (placed === undefined) return whole;
            // A folder whose name ends so is one that names are added to.
            return `new URL(${JSON.stringify(`./${placed}${url.endsWith("/") ? "/" : ""}`)}, import.meta.url)`;
          });
          return { contents, loader: "ts" };
        },
      );
    },
  };
}
