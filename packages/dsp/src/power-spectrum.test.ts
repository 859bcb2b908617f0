import { expect, test } from "vitest";
import { createPowerSpectrum } from "./power-spectrum.ts";

test.each([8, 64, 256])(
  "of %i samples it agrees with the discrete Fourier transform by its definition",
  (size) => {
    let state = 1;
    const frame = Float64Array.from({ length: size }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 8) / 2 ** 24 - 0.5;
    });
    const power = new Float32Array(size / 2 + 1);
    createPowerSpectrum(size)(frame, power, 2);
    for (let k = 0; k <= size / 2; k++) {
      let [re, im] = [0, 0];
      frame.forEach((value, n) => {
        re += value * Math.cos((2 * Math.PI * k * n) / size);
        im -= value * Math.sin((2 * Math.PI * k * n) / size);
      });
      expect(power[k]).toBeCloseTo(2 * (re * re + im * im), 4);
    }
  },
);

test.each([0, 4, 6, 100, 500])("%i is no frame size", (size) => {
  expect(() => createPowerSpectrum(size)).toThrow("power of two");
});
