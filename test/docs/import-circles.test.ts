import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findCircles, findImportCircles } from "../../scripts/find-import-circles.ts";

const circlesOf = (graph: Record<string, string[]>) => findCircles(new Map(Object.entries(graph)));

test("circles are found, whatever hangs on them; what is reached on two ways is none", () => {
  expect(circlesOf({ a: ["b", "c"], b: ["d"], c: ["d"], d: [] })).toEqual([]);
  expect(circlesOf({ in: ["a"], a: ["b"], b: ["c"], c: ["a", "out"], out: [] })).toEqual([["a", "b", "c"]]);
  expect(circlesOf({ a: ["b"], b: ["a"], c: ["d", "a"], d: ["c"], e: ["e"] })).toEqual([
    ["a", "b"],
    ["c", "d"],
    ["e"],
  ]);
});

test("files are read as they import each other, for types too, over several lines, and by exports", async () => {
  const root = await mkdtemp(join(tmpdir(), "segue-circles-"));
  onTestFinished(() => rm(root, { recursive: true }));
  const src = join(root, "packages/p/src");
  await mkdir(join(src, "deep"), { recursive: true });
  await writeFile(join(src, "a.ts"), 'import {\n  type B,\n} from "./deep/b.ts";\n');
  await writeFile(join(src, "deep/b.ts"), 'import { x } from "elsewhere";\nexport * from "../c.ts";\n');
  await writeFile(
    join(src, "c.ts"),
    'import type { A } from "./a.ts";\nconst late = () => import("./d.ts");\n',
  );
  await writeFile(join(src, "d.ts"), 'import "./c.ts";\n');
  const inside = (names: string[]) => names.map((name) => `packages/p/src/${name}`);
  expect(findImportCircles(root)).toEqual([inside(["a.ts", "c.ts", "deep/b.ts"])]);
});
