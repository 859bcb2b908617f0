import { expect, test } from "vitest";
import { ceilingFor, holdPeak } from "./hold-peak.ts";

const toMagnitude = (db: number) => 10 ** (db / 20);

test.each([
  ["a master with room", { truePeakDbtp: -6 }, -0.8],
  ["one that was made for streaming", { truePeakDbtp: -1 }, -0.8],
  ["one that is louder", { truePeakDbtp: -0.57 }, -0.37],
  ["one at full scale", { truePeakDbtp: -0.1 }, 0],
  ["one past it", { truePeakDbtp: 1.3 }, 0],
  ["silence", { truePeakDbtp: null }, -0.8],
  ["a master of an older version", { peakDb: -0.5 }, -0.3],
  ["one of which nothing is known", {}, -0.8],
  ["a mix of more channels that fits", { truePeakDbtp: 1.3, peakDb: -2, downmixDb: 0 }, -0.8],
  ["one that had to be lowered", { truePeakDbtp: 1.3, peakDb: 0, downmixDb: -2 }, 0],
])(
  "%s: its AAC is held to its own peak or -1 dBTP, with 0.2 dB of tolerance, and to full scale",
  (_, levels, ceiling) => {
    expect(ceilingFor(levels)).toBe(ceiling);
  },
);

test("what codes under its ceiling is left alone", () => {
  expect(holdPeak({ truePeakDbtp: -1 }, toMagnitude(-0.801))).toEqual({
    steps: 0,
    facts: { gainDb: 0, truePeakDbtp: -0.8, masterTruePeakDbtp: -1, ceilingDbtp: -0.8 },
  });
  expect(holdPeak({ truePeakDbtp: null }, 0).facts).toMatchObject({ gainDb: 0, truePeakDbtp: null });
});

test("what codes over it is lowered by as few steps as bring it there", () => {
  const { steps, facts } = holdPeak({ truePeakDbtp: 1 }, toMagnitude(3.8));
  expect(steps).toBe(3);
  expect(facts).toEqual({
    gainDb: -4.51545,
    truePeakDbtp: -0.72,
    masterTruePeakDbtp: 1,
    ceilingDbtp: 0,
  });
  for (let db = -1.5; db < 9; db += 0.013) {
    const held = holdPeak({ truePeakDbtp: -3 }, toMagnitude(db));
    expect(held.facts.truePeakDbtp ?? 0).toBeLessThanOrEqual(-0.8);
    if (held.steps > 0) expect((held.facts.truePeakDbtp ?? 0) + 1.51).toBeGreaterThan(-0.81);
  }
});

test("that comes to what it was lowered by before it was encoded", () => {
  const levels = { truePeakDbtp: 4.2, peakDb: 4, gainDb: 6 };
  expect(holdPeak(levels, toMagnitude(0.4)).facts.gainDb).toBeCloseTo(-4.445528 - 1.50515, 5);
});
