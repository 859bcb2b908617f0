// What stands in a page's blocks is typed from the top down: each command where the one before has left its reader, and nothing that it overwrites is what the next one reads.
import { existsSync, globSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = globSync("{README.md,docs/**/*.md,infra/README.md,helm/**/README.md,images/README.md}", {
  cwd: root,
});

interface Typed {
  readonly line: string;
  /** The folder that it is typed in, from the project's root. */
  readonly folder: string;
}

function typedIn(text: string): Typed[] {
  const blocks = [...text.matchAll(/^```(?:sh|bash)?\n(.*?)^```/gms)].map(([, block = ""]) => block);
  let folder = ".";
  return blocks
    .join("")
    .split("\n")
    .map((line) => {
      const [, to] = /^cd (\S+)/.exec(line) ?? [];
      if (to !== undefined) folder = normalize(join(folder, to));
      return { line, folder };
    });
}

function troubleOf({ line, folder }: Typed): string[] {
  const manifest = join(root, folder, "package.json");
  const scripts = existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).scripts : {};
  const [, script] = /\bnpm run (?:-s )?([a-z][a-z:-]*)/.exec(line) ?? [];
  const [, chart] = /\bhelm (?:upgrade|install)\b.*? (\S*helm\/segue)\b/.exec(line) ?? [];
  const [, , exported, file] = /(segue -- export|segue export) --(json|values).*? > (\S+)/.exec(line) ?? [];
  // infra/ reads the specification itself, the chart a file of values.
  const read = file && normalize(join(folder, file)) === "infra/fleet.json" ? "json" : "values";
  return [
    ...(script && !scripts[script] ? [`${script}: no script in ${folder}`] : []),
    ...(chart && !existsSync(join(root, folder, chart)) ? [`${chart}: no folder in ${folder}`] : []),
    ...(file?.endsWith("fleet.json") && exported !== read ? [`${file}: expected --${read}`] : []),
    // A tag of digits alone is a number then, and no text.
    ...(/--set \S*(tag|digest)=/.test(line) ? ["expected --set-string"] : []),
  ];
}

test("commands of the pages do what they say, where they are typed", () => {
  const wrong = pages.flatMap((page) =>
    typedIn(readFileSync(join(root, page), "utf8")).flatMap((typed) =>
      troubleOf(typed).map((words) => `${page}: ${typed.line}: ${words}`),
    ),
  );
  expect(wrong).toEqual([]);
});

test("a command that would not is found", () => {
  const told = (...lines: string[]) => typedIn(`\`\`\`\n${lines.join("\n")}\n\`\`\``).flatMap(troubleOf);
  expect(told("cd infra && npm ci", "npm run -s segue -- export --values > fleet.json")).toEqual([
    "segue: no script in infra",
    "fleet.json: expected --json",
  ]);
  expect(told("npm run -s segue -- export --json > fleet.json")).toEqual(["fleet.json: expected --values"]);
  expect(told("cd infra", "helm upgrade segue helm/segue --set image.tag=20261130")).toEqual([
    "helm/segue: no folder in infra",
    "expected --set-string",
  ]);
  expect(told("cd infra", "cd ..", "npm run -s segue -- export --json > infra/fleet.json")).toEqual([]);
});

test("a fleet is exported once for infrastructure and once for the chart, under the same names", () => {
  for (const page of ["docs/deploy.md", "infra/README.md"]) {
    const lines = typedIn(readFileSync(join(root, page), "utf8")).map(({ line }) => line);
    const exports = lines.flatMap((line, index) =>
      /segue -- export --(json|values)/.test(line) ? [index] : [],
    );
    const named = lines.findIndex((line) => /^export .*SEGUE_PREFIX=.*SEGUE_PLACEMENT=/.test(line));
    // Right after each other, for what is said in between holds for one alone.
    expect([page, exports]).toEqual([page, [named + 1, named + 2]]);
  }
});
