// Writes the tables of docs/local-cloud.md from what the stand-ins themselves go by. `--check` writes nothing and fails
// when the page says something else.
import { readFileSync, writeFileSync } from "node:fs";
import { describeSurface } from "../packages/local-cloud/src/gcs/surface/describe-surface.ts";

const page = new URL("../docs/local-cloud.md", import.meta.url);
const tables = { "cloud-storage": describeSurface() };

let text = readFileSync(page, "utf8");
const before = text;
for (const [name, table] of Object.entries(tables)) {
  const [start, end] = [`<!-- ${name}: generated -->\n`, `\n<!-- ${name}: end -->`];
  const [head, rest] = text.split(start);
  const tail = rest?.split(end)[1];
  if (head === undefined || tail === undefined) throw new Error(`expected the marks of ${name} in the page`);
  text = head + start + table + end + tail;
}
if (process.argv.includes("--check")) {
  if (text !== before) {
    process.stderr.write("docs/local-cloud.md is not what the code does: run `npm run local-cloud:docs`\n");
    process.exitCode = 1;
  }
} else writeFileSync(page, text);
