import { describe, expect, it } from "vitest";
import { makeTrack } from "./make-track.ts";
import { vocabulary } from "./vocabulary.ts";

const truthsOf = (seed: number) => makeTrack(seed, 6).truthAt(0, 3);

describe("makeTrack", () => {
  it("is reproducible, finite and within full scale", () => {
    const { samples } = makeTrack(3, 4);
    expect(samples.length).toBe(64_000);
    expect(makeTrack(3, 4).samples).toEqual(samples);
    expect(samples.every((value) => Math.abs(value) <= 1)).toBe(true);
  });

  it("gives every word of the vocabulary true and false examples", () => {
    const truths = Array.from({ length: 60 }, (_, seed) => truthsOf(seed + 1));
    for (const { tag, isTrue } of vocabulary) {
      const count = truths.filter(isTrue).length;
      expect(count, tag).toBeGreaterThan(0);
      expect(count, tag).toBeLessThan(60);
    }
  });
});
