import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders = globSync("{packages,services,examples}/*/package.json", { cwd: root }).map(dirname).sort();

const readmeOf = (folder: string) => {
  const file = join(root, folder, "README.md");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
};

describe.each(folders)("%s", (folder) => {
  const readme = readmeOf(folder);
  const quoted = [...readme.replace(/^```.*?^```/gms, "").matchAll(/`([^`\n]+)`/g)].map(
    ([, words = ""]) => words,
  );

  test("has a page that says what it is, where to start reading, and how it is tested", () => {
    expect(readme).toMatch(/^# .+\n\n\S/);
    expect(readme).toMatch(/^## Where to start reading\n\n?\S/m);
    expect(readme).toMatch(/^## How it is tested\n\n?\S/m);
  });

  test("names files and folders that exist", () => {
    const isPath = (words: string) =>
      /^(src|training|packages|services|test|docs|scripts|bench)\/[\w./*-]+$/.test(words);
    const missing = quoted.filter(isPath).filter((path) => {
      const at = /^(src|training)\//.test(path) ? join(root, folder) : root;
      return globSync(path.replace(/\/$/, ""), { cwd: at }).length === 0;
    });
    expect(missing).toEqual([]);
  });

  test("has links that lead somewhere", () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = ""]) => link);
    const local = links.filter((link) => !/^https?:/.test(link));
    expect(local.filter((link) => !existsSync(resolve(root, folder, link)))).toEqual([]);
  });

  test("tells of names that its code has", () => {
    const code = globSync("**/*.{ts,py}", { cwd: join(root, folder), exclude: ["**/node_modules/**"] })
      .map((file) => readFileSync(join(root, folder, file), "utf8"))
      .join("\n");
    const cells = readme.split("\n").flatMap((line) => /^\| (`[^|]*)\|/.exec(line)?.[1] ?? []);
    const names = cells.flatMap((cell) =>
      [...cell.matchAll(/`([a-z]\w*[A-Z]\w*|[A-Z][a-z]\w*)\b[^`/]*`/g)].map(([, name = ""]) => name),
    );
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([]);
  });
});

test("the README at the root leads to every package", () => {
  const text = readFileSync(join(root, "README.md"), "utf8");
  const packages = folders.filter((folder) => folder.startsWith("packages/"));
  expect(packages.filter((folder) => !text.includes(`](${folder})`))).toEqual([]);
});

test("all documents name files that exist", () => {
  const documents = ["README.md", ...globSync("docs/**/*.md", { cwd: root })];
  // What the guide has its reader write.
  const written = /^services\/(crossings|rms)\//;
  const missing = documents.flatMap((document) => {
    const text = readFileSync(join(root, document), "utf8");
    const named =
      text.match(/\b(?:packages|services|test|scripts|bench|examples)\/[\w./-]+\.(?:ts|mjs|md)\b/g) ?? [];
    return named
      .filter((path) => !written.test(path) && !existsSync(join(root, path)))
      .map((path) => `${document}: ${path}`);
  });
  expect(missing).toEqual([]);
});
