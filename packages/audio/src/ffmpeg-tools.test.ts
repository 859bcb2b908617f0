import { expect, test } from "vitest";
import { ffmpegFamily, ffmpegTools } from "./ffmpeg-tools.ts";
import { findFfmpeg } from "./find-ffmpeg.ts";

test.each([
  ["5.1.6-0+deb12u1", "5.1"],
  ["5.1", "5.1"],
  ["n7.1.1-6-g48c0f071d4", "7.1"],
  ["7.1.1-static", "7.1"],
  ["10.0.2", "10.0"],
  ["N-92722-gf22fcd4483", "N-92722"],
  ["git-2020-01-01-abc", "git-2020-01-01-abc"],
])("%s is of the family %s", (version, family) => {
  expect(ffmpegFamily(version)).toBe(family);
});

test("the tools are those that are here", async () => {
  const { version } = await findFfmpeg();
  expect(await ffmpegTools()).toEqual({ ffmpeg: ffmpegFamily(version) });
});
