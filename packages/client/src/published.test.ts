import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ScriptedApi, startScriptedApi } from "./scripted-api.ts";

const client = dirname(dirname(fileURLToPath(import.meta.url)));
const packages = dirname(client);
const binaries = join(packages, "../node_modules/.bin");
const run = promisify(execFile);

let folder: string;
let api: ScriptedApi;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-published-"));
  api = await startScriptedApi();
  await Promise.all(["contracts", "client"].map(install));
  await linkLibrary("@types/node", join(packages, "../node_modules"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(join(folder, "example.ts"), await readExample());
});
afterAll(async () => {
  await api?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** What a registry would give: the built files, the manifest with what it says for publication, and the libraries that it names. */
async function install(name: string): Promise<void> {
  const from = join(packages, name);
  const to = join(folder, "node_modules/@segue", name);
  await mkdir(to, { recursive: true });
  await run(join(binaries, "tsc"), [
    "--project",
    join(from, "tsconfig.published.json"),
    "--outDir",
    join(to, "dist"),
  ]);
  const { publishConfig, ...manifest } = JSON.parse(await readFile(join(from, "package.json"), "utf8")) as {
    publishConfig: object;
    dependencies: Record<string, string>;
  };
  await writeFile(join(to, "package.json"), JSON.stringify({ ...manifest, ...publishConfig }));
  const libraries = Object.keys(manifest.dependencies).filter((library) => !library.startsWith("@segue/"));
  for (const library of libraries) await linkLibrary(library, join(from, "node_modules"));
}

async function linkLibrary(name: string, modules: string): Promise<void> {
  const to = join(folder, "node_modules", name);
  await mkdir(dirname(to), { recursive: true });
  await symlink(await realpath(join(modules, name)), to).catch((error: NodeJS.ErrnoException) => {
    // Both packages name it.
    if (error.code !== "EEXIST") throw error;
  });
}

async function readExample(): Promise<string> {
  const readme = await readFile(join(client, "README.md"), "utf8");
  const example = /^```ts\n(.*?)^```/ms.exec(readme)?.[1];
  if (example === undefined) throw new Error("expected an example in the README");
  return example;
}

test("the README's example compiles against the published types", async () => {
  const flags = ["--strict", "--noEmit", "--target", "ES2024", "--module", "NodeNext", "--types", "node"];
  // `skipLibCheck` stays off: a declaration that does not resolve would be `any`.
  const compiled = await run(join(binaries, "tsc"), [...flags, "example.ts"], { cwd: folder }).catch(
    (error: { stdout: string }) => error,
  );
  expect(compiled.stdout).toBe("");
});

test("the README's example runs, with a file that is accepted at the second attempt, and with one that is refused", async () => {
  const song = join(folder, "song.mp3");
  await writeFile(song, "a song");
  const runExample = () =>
    run(process.execPath, ["--no-warnings", "example.ts", api.url, song], { cwd: folder });
  api.refusals.push({ status: 503, code: "unavailable", retryAfter: "0" });
  expect((await runExample()).stdout).toBe("done tempo, aac, pcm, crest\n");
  expect(api.keys[0]).toBe(api.keys[1]);
  api.refusals.push({ status: 413, code: "upload-too-large" });
  expect((await runExample()).stderr).toMatch(/^upload-too-large refused Send a smaller file/);
  await writeFile(song, "bad:not-audio");
  expect((await runExample()).stdout).toMatch(/^failed \ndecode not-audio \w/);
});
