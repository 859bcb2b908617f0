import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeWav } from "@segue/dsp";
import { runStep } from "@segue/step";
import { clickTrack } from "@segue/synth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { key, tempo } from "./index.ts";

const sampleRateHz = 16_000;
const durationSec = 15;
let folder: string;
let mono16k: Parameters<typeof runStep<typeof tempo.consumes, typeof tempo.produces, unknown>>[1]["mono16k"];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-bpm-key-"));
  const samples = clickTrack({ bpm: 120, durationSec, sampleRateHz });
  const path = join(folder, "clicks.wav");
  const pcm = Int16Array.from(samples, (sample) => Math.round(sample * 32_767));
  await writeFile(path, encodeWav(pcm, { sampleRateHz, channels: 1 }));
  const sampleCount = samples.length;
  mono16k = {
    path,
    facts: { sampleRateHz, sampleCount, durationSec, peakDb: -2, rmsDb: -25, silent: false },
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the tempo step reads its artifact and returns what its kind demands", async () => {
  const { facts } = await runStep(tempo, { mono16k });
  expect(facts.bpm).toBeCloseTo(120, 0);
  expect(facts.beatsSec.length).toBeGreaterThan(27);
});

test("the key step reads its artifact; clicks are in no key", async () => {
  const { facts } = await runStep(key, { mono16k });
  expect(facts).toMatchObject({ key: null, mode: null });
});
