import { readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { amplitudeAt, createTestDir, readChannel, writePcm } from "@segue/audio/testing";
import { createChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { Master, Pcm } from "@segue/contracts";
import { readWavInfo } from "@segue/dsp";
import { runStep } from "@segue/step/testing";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { midSide } from "./mid-side.step.ts";

const dir = await createTestDir();
afterAll(() => dir.dispose());
const rateHz = 44_100;
const wave = (hz: number, amplitude: number, frames = 2.5 * rateHz) =>
  Float32Array.from({ length: frames }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / rateHz));
const plus = (a: Float32Array, b: Float32Array, sign = 1) => a.map((value, i) => value + sign * (b[i] ?? 0));

async function split(left: Float32Array, right: Float32Array) {
  const pcm = await writePcm(dir.path("stereo.wav"), [left, right]);
  const made = await runStep(midSide, { pcm });
  onTestFinished(() => rm(dirname(made.outputPaths.mid), { recursive: true }));
  return made;
}

test("what is common goes to the mid, what differs to the side, and back they make the two channels", async () => {
  const [common, apart] = [wave(440, 0.5), wave(1_000, 0.25)];
  const [left, right] = [plus(common, apart), plus(common, apart, -1)];
  const { facts, outputPaths } = await split(left, right);
  const mid = await readChannel(outputPaths.mid, 0, 1);
  const side = await readChannel(outputPaths.side, 0, 1);
  expect(mid).toHaveLength(left.length);
  // Rounding to whole steps of 16 bits, twice.
  for (const [samples, hz, amplitude] of [
    [mid, 440, 0.5],
    [mid, 1_000, 0],
    [side, 440, 0],
    [side, 1_000, 0.25],
  ] as const)
    expect(amplitudeAt(samples, hz, rateHz) / 32_768).toBeCloseTo(amplitude, 3);
  expect(await readWavInfo(outputPaths.side)).toMatchObject({ channels: 1, sampleRateHz: rateHz });
  expect(facts.mid.durationSec).toBeCloseTo(2.5, 9);
  expect(facts.mid.peak).toBeCloseTo(0.5, 2);
  expect(facts.side.peak).toBeCloseTo(0.25, 2);
  // Energies go with the squares of amplitudes: 0.25² / (0.5² + 0.25²).
  expect(facts.width.width).toBeCloseTo(0.2, 3);
  const { perSec } = JSON.parse(await readFile(outputPaths.width, "utf8"));
  expect(perSec).toHaveLength(3);
  for (const width of perSec) expect(width).toBeCloseTo(0.2, 2);
});

test("twice the same channel is all mid, silence is no wider", async () => {
  const same = wave(440, 0.5);
  expect((await split(same, same)).facts).toMatchObject({ side: { peak: 0 }, width: { width: 0 } });
  const silence = new Float32Array(1_000);
  expect((await split(silence, silence)).facts.width).toEqual({ width: 0 });
});

test("each is a target by itself, by name, and takes the one step", () => {
  const chain = createChain([stepSpec("decode", [Master], Pcm), midSide]);
  expect(chain.targets).toEqual(["mid", "side", "stereo-width"]);
  expect(chain.defaultTargets).toEqual([]);
  for (const target of chain.targets)
    expect(chain.wantsFor([target]).map(({ name }) => name)).toEqual(["decode", "mid-side"]);
});
