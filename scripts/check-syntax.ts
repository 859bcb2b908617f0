// Node runs the sources as they are, while the test runner and the type checker accept newer syntax than it does
// (`await using`, for one): every file but those that only the test runner loads must parse in Node itself.
// Run as: node --experimental-vm-modules scripts/check-syntax.ts
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SourceTextModule } from "node:vm";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--", "*.ts"], {
  cwd: root,
  encoding: "utf8",
});

const problems: string[] = [];
const testRunnerOnly = /^test\/conformance\/|\.test\.ts$/;
const files = listed
  .split("\n")
  .filter((file) => file !== "" && !testRunnerOnly.test(file) && existsSync(join(root, file)));
for (const file of files) {
  try {
    new SourceTextModule(stripTypeScriptTypes(readFileSync(join(root, file), "utf8")), { identifier: file });
  } catch (error) {
    problems.push(
      `${file}: Node does not parse it: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`syntax: ok (${files.length} files)`);
