import { expect, test } from "vitest";
import { createHannSpectrum } from "./hann-spectrum.ts";

/** The definition, in O(n^2). */
function slowPower(samples: Float32Array, frameSize: number): number[] {
  return Array.from({ length: frameSize / 2 + 1 }, (_, k) => {
    let re = 0;
    let im = 0;
    for (let i = 0; i < frameSize; i++) {
      const value = (samples[i] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / frameSize));
      re += value * Math.cos((2 * Math.PI * k * i) / frameSize);
      im -= value * Math.sin((2 * Math.PI * k * i) / frameSize);
    }
    return (re * re + im * im) / (frameSize / 2) ** 2;
  });
}

test.each([8, 16, 64, 512])(
  "the power of %i samples is what the transform's definition says",
  (frameSize) => {
    const samples = Float32Array.from(
      { length: frameSize },
      (_, i) => Math.sin(i * 0.7) + 0.3 * Math.cos(i * i) + 0.2,
    );
    const power = createHannSpectrum(frameSize).of(samples, 0);
    slowPower(samples, frameSize).forEach((value, k) => {
      expect(power[k]).toBeCloseTo(value, 5);
    });
  },
);

test("a full-scale sine at a bin's centre reads 0.25 there", () => {
  const samples = Float32Array.from({ length: 64 }, (_, i) => Math.sin((2 * Math.PI * 5 * i) / 64));
  expect(createHannSpectrum(64).of(samples, 0)[5]).toBeCloseTo(0.25, 6);
});

test("what lies before and after the samples counts as zero", () => {
  const samples = Float32Array.from({ length: 48 }, (_, i) => Math.cos(i));
  const padded = new Float32Array(64);
  padded.set(samples, 16);
  const spectrum = createHannSpectrum(64);
  const expected = [...spectrum.of(padded, 0)];
  expect([...spectrum.of(samples, -16)]).toEqual(expected);
});

test.each([0, 6, 100])("%i is no frame size", (frameSize) => {
  expect(() => createHannSpectrum(frameSize)).toThrow(RangeError);
});
