import { expect, test } from "vitest";
import { createPeakMeter } from "./peak-meter.ts";
import { createSpanPeakMeter, type PeakSpan } from "./span-peak-meter.ts";

const channels = 2;
/** A quarter of the sampling rate, half way between its extremes: samples at 0.707 of what lies between them. */
const stream = Float32Array.from({ length: 2 * 4_000 }, (_, i) => {
  const frame = Math.floor(i / channels);
  const amplitude = frame >= 2_000 && frame < 2_100 ? 1 : 0.5;
  return (i % channels === 0 ? 1 : 0.3) * amplitude * Math.sin((Math.PI / 2) * (frame + 0.5));
});

function peakOf(span: PeakSpan, blockFrames: number): number {
  const meter = createSpanPeakMeter(channels, span);
  for (let at = 0; at < stream.length; at += channels * blockFrames)
    meter.take(stream.subarray(at, at + channels * blockFrames));
  return meter.flush();
}

test.each([1, 7, 1_000, 4_000])("in blocks of %i, a span's peak is its own", (blockFrames) => {
  // A sine of 0.5 that is cut, and would be followed by silence, reads 0.53 and more.
  expect(peakOf({ from: 501, to: 1_502 }, blockFrames)).toBeCloseTo(0.5, 2);
  expect(peakOf({ from: 1_500, to: 2_050 }, blockFrames)).toBeGreaterThan(0.98);
  expect(peakOf({ from: 5_000, to: 6_000 }, blockFrames)).toBe(0);
});

test("all of a stream is what the peak meter finds of it", () => {
  const meter = createPeakMeter(channels, 512);
  meter.take(stream);
  const whole = meter.flush();
  expect(peakOf({ from: 0, to: Number.POSITIVE_INFINITY }, 300)).toBe(whole);
  expect(peakOf({ from: 0, to: 4_000 }, 300)).toBe(whole);
});
