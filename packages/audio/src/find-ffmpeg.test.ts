import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { chooseFfmpeg } from "./find-ffmpeg.ts";

const root = new URL("../../../", import.meta.url);

test("ffmpeg-static is optional, and its download never runs by itself", async () => {
  const manifest = JSON.parse(await readFile(new URL("packages/audio/package.json", root), "utf8"));
  expect(manifest.optionalDependencies).toHaveProperty("ffmpeg-static");
  expect(manifest.dependencies).not.toHaveProperty("ffmpeg-static");
  const policy = await readFile(new URL("pnpm-workspace.yaml", root), "utf8");
  expect(policy).toMatch(/^ {2}ffmpeg-static: false$/m);
});

test("the package without its binary is passed over", async () => {
  const { source, version } = await chooseFfmpeg(null);
  expect(version).not.toBe("");
  // Where somebody has fetched the binary, it goes first.
  expect(["ffmpeg-static", "PATH", "@ffmpeg-installer/ffmpeg"]).toContain(source);
});
