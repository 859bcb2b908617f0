import { expect, test } from "vitest";
import { packFacts, unpackFacts } from "./pack-facts.ts";

const numbers = (count: number, of: (n: number) => number) => Array.from({ length: count }, (_, n) => of(n));
/** Numbers as a step writes them: to the millisecond. */
const beatsSec = numbers(480, (n) => Number((0.371 + n * 0.5003 + (n % 7) / 500).toFixed(3)));
const curve = numbers(16, (n) => n * 15).map((startSec) => ({ startSec, bpm: 119.9, confidence: 0.84 }));

test("the beats and the curve of four minutes take some hundred bytes, and come back as they were", () => {
  const facts = { bpm: 119.93, beatsSec, curve, reason: null };
  const packed = packFacts(facts);
  expect(packed.facts).toEqual({ bpm: 119.93, reason: null });
  expect(packed.bulk?.length).toBeLessThan(800);
  expect(unpackFacts(packed)).toEqual(facts);
});

test.each([
  ["whole numbers, up and down", numbers(100, (n) => (n % 2 === 0 ? n : -n * 1_000))],
  ["tenths", numbers(100, (n) => n / 10)],
  ["numbers of every size", numbers(64, (n) => Math.round(10 ** (n / 8)) / 1_000)],
  ["numbers with more digits than a thousandth", numbers(64, (n) => n / 7)],
  [
    "whole numbers as far apart as can be",
    numbers(64, (n) => (n % 2 ? 1 : -1) * (Number.MAX_SAFE_INTEGER - n)),
  ],
  ["numbers past what is exact", numbers(64, (n) => n * 1e300)],
  ["numbers and a text", [...numbers(200, (n) => n), "x"]],
  ["numbers and nothing", [...numbers(200, (n) => n), null]],
  ["lists of numbers", [numbers(100, (n) => n), numbers(100, (n) => n / 8)]],
  ["an object", { long: "x".repeat(300), deep: { long: ["y".repeat(300)] } }],
])("%s are packed, and come back as they were", (_what, list) => {
  const packed = packFacts({ list });
  expect(packed.facts).toEqual({});
  expect(unpackFacts(packed)).toEqual({ list });
});

test("what is short, and what is a text, stays where SQL reads it", () => {
  const facts = { short: [1, 2, 3], curve: curve.slice(0, 2), text: "x".repeat(1_000) };
  expect(packFacts(facts)).toEqual({ facts, bulk: null });
});

test("facts that are no object stay as they are", () => {
  for (const facts of [null, beatsSec, "text", 1]) expect(unpackFacts(packFacts(facts))).toEqual(facts);
});

test("what a release before has written over packed facts is what they are", () => {
  const { bulk } = packFacts({ beatsSec });
  expect(unpackFacts({ facts: { bpm: 1, beatsSec: [1] }, bulk })).toEqual({ bpm: 1, beatsSec: [1] });
});

test("a property that is called like one of every object's is a property", () => {
  const json = JSON.stringify(beatsSec);
  const facts = JSON.parse(`{"__proto__": ${json}, "constructor": ${json}}`);
  const back = unpackFacts(packFacts(facts));
  expect(JSON.parse(JSON.stringify(back))).toEqual(facts);
});
