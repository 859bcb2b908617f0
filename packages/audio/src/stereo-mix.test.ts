import { describe, expect, test } from "vitest";
import { loudnessWeight, nameChannels } from "./channel-roles.ts";
import { layoutChannels } from "./parse-probe.ts";
import { largestSum, mixInto, stereoMixOf } from "./stereo-mix.ts";

describe("the mix to stereo", () => {
  // The golden matrix: gain of each channel into left and right.
  const half = Math.SQRT1_2;
  const golden: [layout: string, largest: number, gains: Record<string, [number, number]>][] = [
    [
      "5.1",
      1 + 2 * half,
      { FL: [1, 0], FR: [0, 1], FC: [half, half], LFE: [0, 0], BL: [half, 0], BR: [0, half] },
    ],
    ["5.1(side)", 1 + 2 * half, { FL: [1, 0], FC: [half, half], SL: [half, 0], SR: [0, half] }],
    ["quad", 1 + half, { FL: [1, 0], FR: [0, 1], BL: [half, 0], BR: [0, half] }],
    ["7.1", 1 + 3 * half, { FL: [1, 0], FC: [half, half], BL: [half, 0], SL: [half, 0], SR: [0, half] }],
    ["4.0", 1.5 + half, { FL: [1, 0], FC: [half, half], BC: [0.5, 0.5] }],
  ];
  test.each(golden)("%s has the documented gains", (layout, largest, gains) => {
    const names = layoutChannels(layout) ?? [];
    const mix = stereoMixOf(names);
    expect(largestSum(mix)).toBeCloseTo(largest, 12);
    for (const [name, pair] of Object.entries(gains)) {
      // One channel at a time, in the second of three frames.
      const frames = new Float32Array(3 * names.length);
      frames[names.length + names.indexOf(name)] = 1;
      const into = new Float32Array(6);
      mixInto(mix, frames, into);
      expect([into[0], into[1], into[4], into[5]]).toEqual([0, 0, 0, 0]);
      expect(into[2]).toBeCloseTo(pair[0], 6);
      expect(into[3]).toBeCloseTo(pair[1], 6);
    }
  });

  test("mono and stereo stay", () => {
    expect(stereoMixOf(["FC"])).toEqual([[1]]);
    expect(stereoMixOf(["FL", "FR"])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});

describe("what channels are", () => {
  test("a layout's own names; the usual ones where there is no layout, and that is said", () => {
    expect(nameChannels(6, "5.1(side)")).toEqual({
      names: ["FL", "FR", "FC", "LFE", "SL", "SR"],
      guessed: false,
    });
    expect(nameChannels(6, null)).toEqual({ names: layoutChannels("5.1"), guessed: true });
    expect(nameChannels(16, null)).toEqual({ names: ["FL", "FR"], guessed: true });
    expect(nameChannels(2, null)).toEqual({ names: ["FL", "FR"], guessed: false });
    expect(nameChannels(2, "downmix")).toEqual({ names: ["FL", "FR"], guessed: false });
    expect(nameChannels(1, "mono")).toEqual({ names: ["FC"], guessed: false });
  });

  test("what is behind and at the sides counts 1.5 dB more for loudness, low frequencies not at all", () => {
    const names = ["FL", "FR", "FC", "LFE", "BL", "SR", "BC", "FLC"];
    expect(names.map(loudnessWeight)).toEqual([1, 1, 1, 0, 1.41, 1.41, 1.41, 1]);
  });
});
