// Whoever reads a page has Node and npm, and types what stands there.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = globSync("{README.md,docs/**/*.md,{packages,services,examples}/*/README.md}", { cwd: root });
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Commands of the project that a text names and that npm would not run. */
function wrongCommands(text: string): string[] {
  const named = [...text.matchAll(/(?:npm run(?: -s|--silent)?|(?<=[`\n])pnpm) ([a-z][a-z:-]*)/g)];
  return named.flatMap(([words, name = ""]) => (words.startsWith("npm") && scripts[name] ? [] : [words]));
}

test("pages name scripts that exist, as npm runs them", () => {
  const wrong = pages.flatMap((page) =>
    wrongCommands(readFileSync(join(root, page), "utf8")).map((words) => `${page}: ${words}`),
  );
  expect(wrong).toEqual([]);
  expect(wrongCommands("`npm run soak`, `pnpm soak`, `npm run soakk -- --messages 1`")).toEqual([
    "pnpm soak",
    "npm run soakk",
  ]);
});
