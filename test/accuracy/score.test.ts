import { expect, test } from "vitest";
import { scoreOf } from "./score.ts";

const unsure = { confidence: { pulse: null, octave: null, key: null } };
const truth = { bpm: 100, key: "A", mode: "minor" } as const;

test.each([
  [103.9, 1, 1],
  [104.1, 0, 0],
  [50, 0, 1],
  [200, 0, 1],
  [33.3, 0, 1],
  [290, 0, 1],
  [150, 0, 0],
  [null, 0, 0],
] as const)(
  "a tempo of %s where 100 is true counts %i exact, %i up to the octave",
  (bpm, exact, upToOctave) => {
    const score = scoreOf({ ...unsure, bpm, key: null, mode: null }, truth);
    expect([score.tempoExact, score.tempoUpToOctave]).toEqual([exact, upToOctave]);
  },
);

test.each([
  ["A", "minor", 1],
  ["E", "minor", 0.5],
  ["D", "minor", 0],
  ["C", "major", 0.3],
  ["A", "major", 0.2],
  ["F#", "major", 0],
  [null, null, 0],
] as const)("%s %s where A minor is true counts %d", (key, mode, weight) => {
  const score = scoreOf({ ...unsure, bpm: null, key, mode }, truth);
  expect(score.keyWeighted).toBe(weight);
  expect(score.keyExact).toBe(weight === 1 ? 1 : 0);
});

test("F# minor is the relative of A major", () => {
  const score = scoreOf(
    { ...unsure, bpm: null, key: "F#", mode: "minor" },
    { bpm: 100, key: "A", mode: "major" },
  );
  expect(score.keyWeighted).toBe(0.3);
});

test("without a true key there is nothing to be right about", () => {
  const score = scoreOf(
    { ...unsure, bpm: null, key: "A", mode: "minor" },
    { ...truth, key: null, mode: null },
  );
  expect(score).toMatchObject({ keyExact: 0, keyWeighted: 0 });
});

test.each([
  [100.1, 1],
  [100.11, 0],
  [50.05, 1],
  [50.06, 0],
  [200.19, 1],
] as const)("%s BPM where 100 is true: within a tenth up to the octave? %i", (bpm, fine) => {
  expect(scoreOf({ ...unsure, bpm, key: null, mode: null }, truth).tempoFine).toBe(fine);
});
