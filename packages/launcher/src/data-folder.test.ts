import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DataFolderBusyError, DataFolderUnusableError, openDataFolder } from "./data-folder.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-folder-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test("of many that start in the same moment one gets the folder, and another one after it", async () => {
  const path = join(dir, "data");
  const starts = await Promise.allSettled(Array.from({ length: 8 }, () => openDataFolder(path)));
  const got = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
  expect(got).toHaveLength(1);
  for (const start of starts) {
    if (start.status === "rejected") expect(start.reason).toBeInstanceOf(DataFolderBusyError);
  }
  await got[0]?.[Symbol.asyncDispose]();
  await (await openDataFolder(path))[Symbol.asyncDispose]();
});

test("another process that has it is no matter of its process id, and its death frees the folder", async () => {
  const path = join(dir, "data");
  const module = fileURLToPath(new URL("./data-folder.ts", import.meta.url));
  const script = `const { openDataFolder } = await import(${JSON.stringify(module)});
    await openDataFolder(${JSON.stringify(path)}); console.log("held"); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    await once(holder.stdout, "data");
    // What another PID namespace looks like: the process that is named here is not to be seen.
    await writeFile(join(path, "fleet.json"), JSON.stringify({ pid: 2 ** 22 + 1, processes: [] }));
    await expect(openDataFolder(path)).rejects.toThrow(DataFolderBusyError);
  } finally {
    holder.kill("SIGKILL");
    await once(holder, "exit");
  }
  await (await openDataFolder(path))[Symbol.asyncDispose]();
});

test.skipIf(process.platform === "win32")("nobody else may look into it", async () => {
  const path = join(dir, "data");
  const first = await openDataFolder(path);
  expect(await modeOf(path)).toBe(0o700);
  await first[Symbol.asyncDispose]();
  await chmod(path, 0o755);
  const second = await openDataFolder(path);
  expect(await modeOf(path)).toBe(0o700);
  await second[Symbol.asyncDispose]();
});

test("one that can't be made says why", async () => {
  await writeFile(join(dir, "file"), "");
  for (const path of [join(dir, "file"), join(dir, "file", "below")]) {
    await expect(openDataFolder(path)).rejects.toThrow(DataFolderUnusableError);
    await expect(openDataFolder(path)).rejects.toThrow(/is a file; use --data FOLDER/);
  }
});

test("data of another edition is refused in words, and left as it is", async () => {
  const path = join(dir, "data");
  await (await openDataFolder(path))[Symbol.asyncDispose]();
  await (await openDataFolder(path))[Symbol.asyncDispose]();
  await writeFile(join(path, "edition.json"), JSON.stringify({ edition: 3 }));
  await expect(openDataFolder(path)).rejects.toThrow(/a later edition than this one \(3, not 2\)/);
  await writeFile(join(path, "edition.json"), "garbage");
  await expect(openDataFolder(path)).rejects.toThrow(/edition\.json.+can't be read.+remove the folder/);
  // The first edition said nothing of itself.
  await rm(join(path, "edition.json"));
  await writeFile(join(path, "fleet-id"), "an id");
  await expect(openDataFolder(path)).rejects.toThrow(DataFolderUnusableError);
  await expect(openDataFolder(path)).rejects.toThrow(/earlier edition.+remove the folder; use --data FOLDER/);
  expect((await readdir(path)).sort()).toEqual(["fleet-id", "fleet.lock", "logs", "scratch"]);
});
