import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FactsOf, Kind, Mono16k } from "@segue/contracts";
import { encodeWav } from "@segue/dsp";
import { runStep, type StepDefinition } from "@segue/step";
import { composeTrack, renderScore, type TrackRequest, whiteNoise } from "@segue/synth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { estimateKey } from "./estimate-key.ts";
import { estimateTempo } from "./estimate-tempo.ts";
import { key, tempo } from "./index.ts";

const sampleRateHz = 16_000;
const halfSec = 150;

function play(request: Omit<TrackRequest, "durationSec" | "seed">, durationSec = halfSec): Float32Array {
  return renderScore(composeTrack({ ...request, durationSec, seed: 7 }), { sampleRateHz }).left;
}

function joined(first: Float32Array, second: Float32Array): Float32Array {
  const out = new Float32Array(first.length + second.length);
  out.set(first);
  out.set(second, first.length);
  return out;
}

const first = { bpm: 104, key: "G", mode: "major", style: "pop" } as const;
const second = { bpm: 128, key: "F", mode: "minor", style: "dance" } as const;
/** Two pieces of music, one after the other: tempo and key change at 150 s. */
const mix = joined(play(first), play(second));

describe("a track whose tempo changes halfway", () => {
  const found = estimateTempo(mix, sampleRateHz);
  const tempi = found.curve.map(({ startSec, bpm }) => ({ startSec, bpm }));

  test("has both on its curve, and one of them as its own", () => {
    expect(tempi.length).toBe(20);
    for (const { startSec, bpm } of tempi.filter(({ startSec: at }) => at < halfSec - 15 || at > halfSec)) {
      const truth = startSec < halfSec ? first.bpm : second.bpm;
      expect(Math.abs((bpm ?? 0) / truth - 1), `${bpm} at ${startSec} s`).toBeLessThan(0.02);
    }
    expect([first.bpm, second.bpm]).toContain(Math.round(found.bpm ?? 0));
    expect(found.confidence).toBeLessThan(0.7);
  });

  test.each([
    [30, 120, first.bpm],
    [180, 270, second.bpm],
  ])("has beats at the tempo of the time: from %i to %i s at %i BPM", (from, to, bpm) => {
    const beats = found.beatsSec.filter((sec) => sec >= from && sec < to);
    expect(Math.abs(beats.length - ((to - from) * bpm) / 60)).toBeLessThanOrEqual(2);
  });
});

test("a track whose key changes halfway has both on its curve", () => {
  const { curve } = estimateKey(mix, sampleRateHz);
  const truthAt = (sec: number) => (sec < halfSec ? first : second);
  const clear = curve.filter(({ startSec }) => startSec < halfSec - 45 || startSec > halfSec + 15);
  expect(clear.length).toBeGreaterThanOrEqual(6);
  const right = clear.filter((point) => {
    const { key: tonic, mode } = truthAt(point.startSec);
    return point.key === tonic && point.mode === mode;
  });
  expect(right.length / clear.length).toBeGreaterThanOrEqual(0.8);
});

test("a steady track has the same tempo all along, and a pause in it has none", () => {
  const music = play({ bpm: 120, key: "C", mode: "major", style: "dance" }, 90);
  const pause = whiteNoise({ durationSec: 75, sampleRateHz, seed: 3, amplitude: 0.01 });
  const { bpm, curve } = estimateTempo(joined(joined(music, pause), music), sampleRateHz);
  expect(bpm).toBeCloseTo(120, 0);
  const tempi = curve.map((point) => point.bpm);
  expect(tempi.slice(1, 4).every((own) => own !== null && Math.abs(own - 120) < 1)).toBe(true);
  expect(tempi.slice(7, 10)).toEqual([null, null, null]);
  expect(tempi.slice(13, 16).every((own) => own !== null && Math.abs(own - 120) < 1)).toBe(true);
});

describe("in pieces", () => {
  let folder: string;
  let mono16k: { path: string; facts: FactsOf<typeof Mono16k> };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "segue-long-"));
    const path = join(folder, "mix.wav");
    const pcm = Int16Array.from(mix, (sample) => Math.round(sample * 32_767));
    await writeFile(path, encodeWav(pcm, { sampleRateHz, channels: 1 }));
    const durationSec = mix.length / sampleRateHz;
    const levels = { peakDb: -2, rmsDb: -20, silent: false };
    mono16k = { path, facts: { sampleRateHz, sampleCount: mix.length, durationSec, ...levels } };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function expectTheSame<P extends Kind, Work>(
    step: StepDefinition<{ mono16k: typeof Mono16k }, P, Work>,
  ): Promise<void> {
    const whole = await runStep(step, { mono16k });
    expect(whole.facts).toMatchObject({ curve: expect.any(Array) });
    // As for a payload that is too large to be fetched whole.
    const inRanges = { ...step, fetchWholeUpToBytes: 0 };
    for (const interruptEvery of [Number.POSITIVE_INFINITY, 1, 3]) {
      const cut = await runStep(inRanges, { mono16k }, { interruptEvery });
      expect(JSON.stringify(cut.facts)).toBe(JSON.stringify(whole.facts));
    }
  }

  test("the tempo is the same to the bit, however often the run was interrupted", () => expectTheSame(tempo));
  test("the key is the same to the bit, however often the run was interrupted", () => expectTheSame(key));
});
