import { expect, test } from "vitest";
import { createLoudnessMeter, hopsPerSec } from "./loudness-meter.ts";
import { createPeakMeter } from "./peak-meter.ts";

const sampleRateHz = 44_100;

/** Noise that passes full scale, interleaved; no stretch of it is like another. */
function noise(frames: number, channels: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: frames * channels }, () => {
    state = (state * 48_271) % 0x7fffffff;
    return 3 * (state / 0x7fffffff - 0.5);
  });
}

test.each([
  ["mono", [1]],
  ["stereo", [1, 1]],
  ["5.1", [1, 1, 1, 0, 1.41, 1.41]],
])("%s: in pieces, each from the state that the one before left, it is the same to the bit", (_, weights) => {
  const block = noise(3 * sampleRateHz + 1_234, weights.length);
  const whole = createLoudnessMeter({ weights, sampleRateHz });
  const energies = [...whole.measure(block)];
  expect(energies.length).toBe(3 * hopsPerSec);
  const pieces: number[] = [];
  let state = createLoudnessMeter({ weights, sampleRateHz }).state();
  for (let from = 0; from < block.length; from += sampleRateHz * weights.length) {
    const meter = createLoudnessMeter({ weights, sampleRateHz }, JSON.parse(JSON.stringify(state)));
    pieces.push(...meter.measure(block.slice(from, from + sampleRateHz * weights.length)));
    state = meter.state();
  }
  expect(pieces).toEqual(energies);
  expect(createLoudnessMeter({ weights, sampleRateHz }, state).flush()).toBe(whole.flush());
});

test("a channel counts for the loudness as its weight says, and for the peak in any case", () => {
  const block = noise(sampleRateHz, 1);
  const beside = (channel: number, count: number) => {
    const frames = new Float32Array(block.length * count);
    block.forEach((value, i) => {
      frames[i * count + channel] = value;
    });
    return frames;
  };
  const alone = createLoudnessMeter({ weights: [1], sampleRateHz });
  const [expected = 0] = alone.measure(block);
  const peak = alone.flush();
  const weights = [1, 1, 1, 0, 1.41, 1.41];
  for (const [channel, weight] of weights.entries()) {
    const meter = createLoudnessMeter({ weights, sampleRateHz });
    const [energy = 0] = meter.measure(beside(channel, weights.length));
    expect(energy / expected).toBeCloseTo(weight, 6);
    expect(meter.flush()).toBe(peak);
  }
});

test("a peak is found wherever blocks begin and end", () => {
  const block = noise(10_000, 2);
  const whole = createPeakMeter(2, 1_024);
  whole.take(block);
  const parts = createPeakMeter(2, 1_024);
  for (let from = 0; from < block.length; from += 746) parts.take(block.slice(from, from + 746));
  expect(parts.flush()).toBe(whole.flush());
});
