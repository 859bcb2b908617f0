// Files of at most 300 lines (Biome sees to that, too), half of them of at most 70; functions of at most 60, from the line that begins them to the one
// that ends them, what is nested in them included: blank lines and those that are nothing but a comment are not counted. Tests are as long as
// what they tell. Biome's own rule for functions does not count what a function returns.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { findFunctions } from "./find-functions.ts";

const most = { file: 300, median: 70, function: 60 };
/** As in biome.json. */
const isTest = (file: string) => /\.test\.ts$|\/fixtures\/|^test\//.test(file);

const files = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts", "*.tsx", "*.mjs"],
  {
    encoding: "utf8",
  },
)
  .split("\n")
  .filter((file) => file !== "" && !isTest(file));
const problems: string[] = [];
const lengths: number[] = [];
for (const file of files) {
  const text = readFileSync(file, "utf8");
  const lines = text.split("\n").length - 1;
  lengths.push(lines);
  if (lines > most.file) problems.push(`${file}: expected ${most.file} lines at most, got ${lines}`);
  for (const { name, line, length } of findFunctions(text)) {
    if (length > most.function)
      problems.push(`${file}:${line}: ${name}: expected ${most.function} lines at most, got ${length}`);
  }
}
const median = lengths.toSorted((a, b) => a - b)[lengths.length >> 1] ?? 0;
if (median > most.median)
  problems.push(`half of ${lengths.length} files: expected ${most.median} lines at most, got ${median}`);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`lengths: ok, the median of ${lengths.length} files is ${median} lines`);
