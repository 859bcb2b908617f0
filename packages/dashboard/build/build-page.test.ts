import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildPage, buildPageIfStale } from "./build-page.ts";

let folder: string;
let url: URL;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-page-"));
  url = pathToFileURL(`${folder}/`);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const index = () => join(folder, "index.html");

test("the same source gives the same files, by anybody's build", async () => {
  const inputs = await buildPage(url);
  const names = await readdir(join(folder, "assets"));
  const html = await readFile(index(), "utf8");
  await Promise.all([buildPage(url), buildPage(url)]);
  expect(await readdir(join(folder, "assets"))).toEqual(names);
  expect(await readFile(index(), "utf8")).toBe(html);
  expect(inputs.some((file) => file.endsWith("/page/page.tsx"))).toBe(true);
  expect(inputs.some((file) => file.includes("/preact/"))).toBe(true);
});

test("it is built where it was not, or was made of something else, and only then", async () => {
  await buildPageIfStale(url);
  // Of long ago: another build would write it now.
  await utimes(index(), 1, 1);
  await buildPageIfStale(url);
  expect((await stat(index())).mtimeMs).toBe(1_000);
  const built = join(folder, "built.json");
  const { by, inputs } = JSON.parse(await readFile(built, "utf8"));
  const [first = ""] = Object.keys(inputs);
  await writeFile(built, JSON.stringify({ by, inputs: { ...inputs, [first]: "another size and time" } }));
  await buildPageIfStale(url);
  expect((await stat(index())).mtimeMs).toBeGreaterThan(1_000);
});

test("files of pages of long ago go, those of the latest ones stay for whoever is reading them", async () => {
  await buildPage(url);
  const old = join(folder, "assets", "main-OLD.js");
  const recent = join(folder, "assets", "main-RECENT.js");
  await writeFile(old, "");
  await writeFile(recent, "");
  await utimes(old, 1, 1);
  await buildPage(url);
  const names = await readdir(join(folder, "assets"));
  expect([names.includes("main-OLD.js"), names.includes("main-RECENT.js")]).toEqual([false, true]);
});
