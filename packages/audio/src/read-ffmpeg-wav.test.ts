import { readWavInfo } from "@segue/dsp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDir, makeFile, sine, type TestDir } from "./testing.ts";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

test("ffmpeg's own header, with a LIST chunk before the data, is read", async () => {
  await makeFile(dir.path("list.wav"), [...sine({ sec: 0.5 }), "-metadata", "title=x"]);
  expect(await readWavInfo(dir.path("list.wav"))).toMatchObject({ channels: 1, sampleCount: 22_050 });
});
