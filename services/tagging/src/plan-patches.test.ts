import { describe, expect, it } from "vitest";
import type { ModelInput } from "./model-manifest.ts";
import { planPatches } from "./plan-patches.ts";

const input: ModelInput = {
  sampleRateHz: 16_000,
  fftSize: 512,
  hop: 256,
  bands: 96,
  patchFrames: 187,
  scale: "log10(1+10000x)",
};

describe("planPatches", () => {
  it("lays patches one after another and drops what is left", () => {
    expect(planPatches(10 * 16_000, input, 240)).toEqual([0, 187, 374]);
  });

  it.each([0, 1, 186 * 256 - 1])("has no patch in %i samples", (sampleCount) => {
    expect(planPatches(sampleCount, input, 240)).toEqual([]);
  });

  it("has one patch from the first length that fills it", () => {
    expect(planPatches(186 * 256, input, 240)).toEqual([0]);
  });

  it("spreads a bounded number over three hours, from the first frame to the last", () => {
    const sampleCount = 3 * 3600 * 16_000;
    const starts = planPatches(sampleCount, input, 240);
    expect(starts.length).toBe(240);
    expect(starts[0]).toBe(0);
    expect((starts.at(-1) ?? 0) + 187).toBe(1 + sampleCount / 256);
    expect(starts.every((start, i) => i === 0 || start > (starts[i - 1] ?? 0) + 187)).toBe(true);
  });
});
