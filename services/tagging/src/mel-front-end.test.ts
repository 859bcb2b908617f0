import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createMelFilters } from "./mel-filters.ts";
import { createMelFrontEnd } from "./mel-front-end.ts";
import type { ModelInput } from "./model-manifest.ts";

const golden = z
  .object({
    frameCount: z.int(),
    frames: z.record(z.string(), z.array(z.number())),
    filterSums: z.array(z.number()),
  })
  .parse(JSON.parse(readFileSync(new URL("./mel-golden.json", import.meta.url), "utf8")));

const input: ModelInput = {
  sampleRateHz: 16_000,
  fftSize: 512,
  hop: 256,
  bands: 96,
  patchFrames: 187,
  scale: "log10(1+10000x)",
};

/** One second of a rising sine, a steady one, and noise from a linear congruential generator. */
function goldenSignal(): Float32Array {
  let state = 1;
  return Float32Array.from({ length: 16_000 }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const t = i / 16_000;
    const tones =
      0.4 * Math.sin(2 * Math.PI * (200 * t + 1500 * t * t)) + 0.2 * Math.sin(2 * Math.PI * 3000 * t);
    return tones + 0.01 * ((state >>> 8) / 2 ** 24 - 0.5);
  });
}

describe("createMelFrontEnd", () => {
  it("agrees with librosa, mirrored edges included", () => {
    const out = new Float32Array(golden.frameCount * 96);
    createMelFrontEnd(input).writeFrames(goldenSignal(), 0, golden.frameCount, out);
    let compared = 0;
    for (const [frame, expected] of Object.entries(golden.frames)) {
      expected.forEach((value, band) => {
        expect(Math.abs((out[Number(frame) * 96 + band] ?? Number.NaN) - value)).toBeLessThan(1e-4);
        compared++;
      });
    }
    expect(compared).toBe(4 * 96);
  });

  it("gives the same frames from a cut-out as from the whole", () => {
    const whole = new Float32Array(20 * 96);
    const cut = new Float32Array(20 * 96);
    const samples = goldenSignal();
    createMelFrontEnd(input).writeFrames(samples, 10 * 256, 20, whole);
    createMelFrontEnd(input).writeFrames(samples.subarray(9 * 256, 31 * 256), 256, 20, cut);
    expect(cut).toEqual(whole);
  });

  it("gives zeros for silence", () => {
    const out = new Float32Array(4 * 96).fill(1);
    createMelFrontEnd(input).writeFrames(new Float32Array(2048), 0, 4, out);
    expect(out.every((value) => value === 0)).toBe(true);
  });
});

describe("createMelFilters", () => {
  it("has the area of librosa's filters, band by band", () => {
    const sums = createMelFilters(16_000, 512, 96).map(({ weights }) => weights.reduce((a, b) => a + b, 0));
    expect(sums.length).toBe(golden.filterSums.length);
    sums.forEach((sum, band) => {
      expect(sum).toBeCloseTo(golden.filterSums[band] ?? Number.NaN, 5);
    });
  });
});
