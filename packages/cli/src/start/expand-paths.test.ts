import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { expandPaths } from "./expand-paths.ts";
import { bytesOfPath, readablePath } from "./path-bytes.ts";
import { statFile } from "./send-file.ts";

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "segue-paths-"));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

async function make(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(join(cwd, path, ".."), { recursive: true });
    await writeFile(join(cwd, path), path);
  }
}

async function expand(...paths: string[]) {
  const { files, failures } = await expandPaths(paths, cwd);
  return {
    files: files.map((file) => relative(cwd, file)),
    failures: failures.map(({ file, code }) => `${file}: ${code}`),
  };
}

test("a file that is named is taken whatever it is called; a folder gives its audio, in the order of numbers", async () => {
  await make(
    "notes.txt",
    "a/10.flac",
    "a/9.FLAC",
    "a/cover.jpg",
    "a/cd 2/x.mp3",
    "a/._9.flac",
    "a/.git/y.mp3",
  );
  expect(await expand("notes.txt", "a")).toEqual({
    files: ["notes.txt", "a/9.FLAC", "a/10.flac", "a/cd 2/x.mp3"],
    failures: [],
  });
});

test("patterns are expanded here too, and a path that exists is never taken for one", async () => {
  await make("a/1.ogg", "a/b/2.ogg", "a/3.mp3", "live [2020]/*.mp3", "live [2020]/x.mp3");
  expect(await expand("a/**/*.ogg", "live [2020]/*.mp3")).toEqual({
    files: ["a/1.ogg", "a/b/2.ogg", "live [2020]/*.mp3"],
    failures: [],
  });
  expect(await expand("live [2020]")).toMatchObject({ files: ["live [2020]/*.mp3", "live [2020]/x.mp3"] });
});

test("each file once, however often it is named", async () => {
  await make("a/1.ogg");
  expect(await expand("a/1.ogg", "a", "./a/../a/1.ogg", "a/*.ogg", join(cwd, "a"))).toEqual({
    files: ["a/1.ogg"],
    failures: [],
  });
});

test("what can't be used is named with the reason, and the others go on", async () => {
  await make("a/1.ogg", "docs/readme.md");
  await mkdir(join(cwd, "empty"));
  expect(await expand("nothing.mp3", "empty", "docs", "*.wav", "/dev/null", "a")).toEqual({
    files: ["a/1.ogg"],
    failures: [
      "nothing.mp3: missing-path",
      "empty: no-audio-found",
      "docs: no-audio-found",
      "*.wav: no-audio-found",
      "/dev/null: not-a-file",
    ],
  });
  const { failures } = await expandPaths(["docs"], cwd);
  expect(failures[0]?.message).toContain("none of its 1 files");
});

test("links that lead round in circles end", async () => {
  await make("a/1.ogg");
  await symlink("..", join(cwd, "a", "round"));
  await symlink("1.ogg", join(cwd, "a", "2.ogg"));
  await symlink("nowhere.ogg", join(cwd, "a", "3.ogg"));
  expect(await expand("a")).toEqual({ files: ["a/1.ogg", "a/2.ogg"], failures: [] });
});

// Permissions don't bind root.
test.skipIf(process.getuid?.() === 0)("a folder that may not be read is named", async () => {
  await make("a/1.ogg", "a/locked/2.ogg");
  await chmod(join(cwd, "a/locked"), 0o000);
  expect(await expand("a")).toEqual({ files: ["a/1.ogg"], failures: ["a/locked: unreadable-path"] });
  await chmod(join(cwd, "a/locked"), 0o700);
});

test("what is skipped in folders is counted and named", async () => {
  await make("a/x.mp3", "a/cover.jpg", "a/b/notes.txt", "a/.hidden.txt", "music/y.mp3");
  await symlink(join(cwd, "music"), join(cwd, "a", "linked"));
  await symlink(join(cwd, "nowhere"), join(cwd, "a", "gone.mp3"));
  const { files, skipped } = await expandPaths(["a"], cwd);
  expect(files).toHaveLength(1);
  expect(skipped).toEqual({
    count: 4,
    examples: ["a/b/notes.txt", "a/cover.jpg", "a/gone.mp3 (a broken link)", "a/linked (a link to a folder)"],
  });
});

test("names that are no UTF-8 are found in folders, by patterns, and as a shell hands them on", async (context) => {
  const name = Buffer.concat([Buffer.from("Gr\xf6\xdfe.mp3", "latin1")]);
  await mkdir(join(cwd, "old"));
  const path = Buffer.concat([Buffer.from(`${cwd}/old/`), name]);
  await writeFile(path, "x").catch(() => context.skip("this file system takes UTF-8 only"));
  for (const given of ["old", "old/*.mp3", "old/Gr\ufffd\ufffde.mp3"]) {
    const { files, failures } = await expandPaths([given], cwd);
    expect(failures).toEqual([]);
    expect(files.map(bytesOfPath)).toEqual([path]);
    expect(files.map(readablePath)).toEqual([join(cwd, "old", "Größe.mp3")]);
    expect(await statFile(files[0] ?? "")).toMatchObject({ sizeBytes: 1 });
  }
});
