// `npm run bench NAME -- [OPTION ...]`: runs bench/NAME/main.ts, which prints its figures.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const here = import.meta.dirname;
const [name, ...options] = process.argv.slice(2);
const file = join(here, name ?? "", "main.ts");
if (name && /^[a-z0-9-]+$/.test(name) && existsSync(file)) {
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...options);
  await import(pathToFileURL(file).href);
} else {
  const names = readdirSync(here).filter((entry) => existsSync(join(here, entry, "main.ts")));
  console.error(`expected the name of a benchmark, got ${name ?? "nothing"}; there are: ${names.join(", ")}`);
  process.exitCode = 2;
}
