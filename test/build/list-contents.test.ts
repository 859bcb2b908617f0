import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listContents } from "../../scripts/build/list-contents.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "contents-"));
  await put(".", { name: "fleet", version: "1.2.3", license: "AGPL-3.0-only" });
});
afterEach(() => rm(root, { recursive: true }));

async function put(folder: string, manifest: object): Promise<string> {
  const path = join(root, folder);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, "package.json"), JSON.stringify(manifest));
  return path;
}

test("packages whose files were bundled, or that were copied, are listed once each, with version and licence", async () => {
  const store = "node_modules/.pnpm/@scope+one@1.0.0/node_modules/@scope/one";
  await put(store, { name: "@scope/one", version: "1.0.0+b", license: "(MIT OR Apache-2.0)" });
  // It says what form its code has, and nothing of who it is.
  await put(`${store}/esm`, { type: "module" });
  await put("node_modules/two", { name: "two", version: "2.0.0", license: { type: "BSD" } });
  const copied = await put("dist/node_modules/three", {
    name: "three",
    version: "3.0.0",
    license: "SEE LICENSE IN x",
  });
  const list = listContents(root, {
    files: [
      join(root, "packages/own/src/index.ts"),
      join(root, store, "esm/index.js"),
      join(root, store, "index.js"),
      join(root, "node_modules/two/a.js"),
    ],
    folders: [copied],
  });
  expect(list).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6" });
  expect(list.metadata.component).toEqual({
    ...{ type: "application", name: "fleet", version: "1.2.3" },
    licenses: [{ expression: "AGPL-3.0-only" }],
  });
  expect(list.components).toMatchObject([
    {
      ...{ group: "@scope", name: "one", version: "1.0.0+b", purl: "pkg:npm/%40scope/one@1.0.0%2Bb" },
      licenses: [{ expression: "(MIT OR Apache-2.0)" }],
    },
    { name: "three", version: "3.0.0", licenses: [{ license: { name: "SEE LICENSE IN x" } }] },
    { name: "two", version: "2.0.0", licenses: [{ license: { name: "BSD" } }] },
  ]);
  expect(new Set(list.components.map((each) => each["bom-ref"])).size).toBe(3);
});

test("a file that lies below packages and is of none is no small thing", () => {
  const files = [join(root, "node_modules/nothing/index.js")];
  expect(() => listContents(root, { files, folders: [] })).toThrow(/is of no package/);
});
