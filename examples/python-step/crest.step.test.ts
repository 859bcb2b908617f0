import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FactsOf, Pcm } from "@segue/contracts";
import { encodeWav } from "@segue/dsp";
import { runStep } from "@segue/step/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crest } from "./crest.step.ts";

const sampleRateHz = 44_100;
const hasPython = spawnSync("python3", ["--version"]).status === 0;
if (!hasPython) console.warn("skipped: the step crest needs python3, and this machine has none on its PATH");

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-crest-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function pcmOf(frames: readonly (readonly number[])[], channels: number) {
  const path = join(dir, `${channels}-${frames.length}.wav`);
  await writeFile(path, encodeWav(Int16Array.from(frames.flat()), { sampleRateHz, channels }));
  const facts: FactsOf<typeof Pcm> = {
    codec: "flac",
    container: "flac",
    bitDepth: 16,
    bitRateKbps: null,
    sourceSampleRateHz: sampleRateHz,
    sourceChannels: channels,
    channelLayout: null,
    declaredDurationSec: null,
    durationSec: frames.length / sampleRateHz,
    sampleCount: Math.max(1, frames.length),
    sampleRateHz,
    channels,
    tags: {},
    hasCover: false,
    warnings: [],
  };
  return { pcm: { facts, path } };
}

const oneSecond = Array.from({ length: sampleRateHz }, (_, i) => i);
const sine = (i: number) => 16_384 * Math.sin((2 * Math.PI * 1000 * i) / sampleRateHz);
const square = (i: number) => (i % 100 < 50 ? 8_192 : -8_192);

describe.skipIf(!hasPython)("crest", () => {
  test("a sine's peak stands 3 dB over its RMS, a square wave's not at all", async () => {
    const pcm = await pcmOf(
      oneSecond.map((i) => [sine(i), square(i)]),
      2,
    );
    expect((await runStep(crest, pcm)).facts.channels).toEqual([
      { peakDb: -6.02, rmsDb: -9.03, crestDb: 3.01 },
      { peakDb: -12.04, rmsDb: -12.04, crestDb: 0 },
    ]);
  });

  test("silence has no levels", async () => {
    const { facts } = await runStep(
      crest,
      await pcmOf(
        oneSecond.map(() => [0]),
        1,
      ),
    );
    expect(facts.channels).toEqual([{ peakDb: null, rmsDb: null, crestDb: null }]);
  });

  test("a single sample at the very bottom is as loud as can be", async () => {
    const { facts } = await runStep(crest, await pcmOf([[-32_768]], 1));
    expect(facts.channels).toEqual([{ peakDb: 0, rmsDb: 0, crestDb: 0 }]);
  });

  test("a file without samples ends with a typed error", async () => {
    await expect(runStep(crest, await pcmOf([], 1))).rejects.toMatchObject({ code: "no-samples-decoded" });
  });

  test("the result is the same however often the work is interrupted", async () => {
    const seconds = Array.from({ length: 71 * sampleRateHz }, (_, i) => [
      square(i) * (i < 40 * sampleRateHz ? 1 : 2),
    ]);
    const pcm = await pcmOf(seconds, 1);
    const { facts } = await runStep(crest, pcm);
    expect(facts.channels[0]?.peakDb).toBe(-6.02);
    expect((await runStep(crest, pcm, { interruptEvery: 1 })).facts).toEqual(facts);
  });

  test("a file that is no WAV fails with the program's own words", async () => {
    const path = join(dir, "no.wav");
    await writeFile(path, "no RIFF at all");
    const { facts } = (await pcmOf([[1]], 1)).pcm;
    await expect(runStep(crest, { pcm: { facts, path } })).rejects.toMatchObject({
      code: "step-failed",
      message: expect.stringMatching(/crest's program exited with 1; it said: .*wave\.Error/s),
    });
  });
});
