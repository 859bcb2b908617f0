import { expect, test } from "vitest";
import { aacGainDb, levelArgs } from "./aac-level.ts";

test("a master within full scale keeps its level, and canonical PCM at its own level is left alone", () => {
  expect(aacGainDb({ gainDb: 0, peakDb: 0 })).toBe(0);
  expect(levelArgs({ gainDb: 0, peakDb: -0.1 })).toEqual([]);
  expect(levelArgs({})).toEqual([]);
  expect(levelArgs({ gainDb: 20, peakDb: -3 })).toEqual(["-af", "volume=10.000000000:precision=float"]);
});

test("past full scale it is lowered until the encoder leaves its frames alone", () => {
  expect(aacGainDb({ gainDb: 6, peakDb: 4 })).toBeCloseTo(-4.446, 3);
  expect(aacGainDb({ gainDb: 6, peakDb: 0, downmixDb: -3 })).toBeCloseTo(-3.446, 3);
  expect(aacGainDb({ gainDb: 6, peakDb: -2, downmixDb: 0 })).toBe(0);
});
