import { writeFile } from "node:fs/promises";
import { createTestDir, makeFile, sine, type TestDir } from "@segue/audio/testing";
import { readWavInfo } from "@segue/dsp";
import { runStep } from "@segue/step/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decode } from "./decode.step.ts";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

const given = (path: string) => ({ master: { facts: { sizeBytes: 1 }, path } });

test("a master becomes canonical PCM and facts that the kind accepts", async () => {
  const path = await makeFile(dir.path("in.mp3"), sine({ sec: 2, sampleRateHz: 48_000, channels: 2 }));
  const { facts, outputPath } = await runStep(decode, given(path), { outputDir: dir.path("") });
  expect(facts).toMatchObject({
    codec: "mp3",
    sourceSampleRateHz: 48_000,
    sampleRateHz: 44_100,
    channels: 2,
  });
  expect((await readWavInfo(outputPath)).sampleCount).toBe(facts.sampleCount);
});

test("a bad file is a permanent error", async () => {
  await writeFile(dir.path("empty"), "");
  await expect(runStep(decode, given(dir.path("empty")), { outputDir: dir.path("") })).rejects.toMatchObject({
    code: "empty-file",
    permanent: true,
  });
});

test("an attempt that is told to stop stops", async () => {
  const path = await makeFile(dir.path("long.flac"), sine({ sec: 60 }));
  const signal = AbortSignal.abort();
  await expect(runStep(decode, given(path), { signal, outputDir: dir.path("") })).rejects.toMatchObject({
    code: "aborted",
  });
});
