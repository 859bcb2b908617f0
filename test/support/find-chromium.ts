import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Found } from "./find-clients.ts";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** A Chromium of the machine's own: tests download none. */
export function findChromium(path = process.env.PATH ?? ""): Found {
  const folders = path.split(delimiter).filter(Boolean);
  const found = names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => existsSync(file));
  return found
    ? { program: found }
    : { missing: "no chromium on the PATH: `apt-get install chromium` brings one" };
}
