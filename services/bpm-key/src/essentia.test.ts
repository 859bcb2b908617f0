import { expect, test } from "vitest";
import { createEssentia, essentia } from "./essentia.ts";

const cMajorFromA = Float32Array.of(0.4, 0, 0.3, 1, 0, 0.4, 0, 0.5, 0.4, 0, 0.8, 0);
const every = (periodSec: number, count: number, fromSec = 0) =>
  Array.from({ length: count }, (_, i) => fromSec + i * periodSec);

test("trackers that hear the same beat agree, others don't", () => {
  const beats = every(0.5, 60);
  expect(essentia().beatAgreement([beats, beats, beats])).toBeGreaterThan(4);
  expect(essentia().beatAgreement([beats, every(0.37, 80, 0.1), every(0.81, 40, 0.2)])).toBeLessThan(1.5);
});

test("trackers that found nothing are left out", () => {
  expect(essentia().beatAgreement([])).toBe(0);
  expect(essentia().beatAgreement([[], [1]])).toBe(0);
  expect(essentia().beatAgreement([every(0.5, 20), [], every(0.5, 20)])).toBeGreaterThan(4);
});

test("an answer stays the same after a failed and after another call", () => {
  const first = essentia().key(cMajorFromA);
  expect(first).toMatchObject({ key: "C", scale: "major" });
  expect(() => essentia().key(new Float32Array(7))).toThrow("expected 12 pitch classes, got 7");
  essentia().key(Float32Array.from(cMajorFromA).reverse());
  expect(essentia().key(cMajorFromA)).toEqual(first);
});

test("C++ exceptions become errors", () => {
  const descending = [3, 2, 1];
  expect(() => essentia().beatAgreement([descending, [1, 2, 3]])).toThrow(
    /^essentia\.js threw the C\+\+ exception at \d+$/,
  );
  expect(essentia().beatAgreement([every(0.5, 20), every(0.5, 20)])).toBeGreaterThan(4);
});

test("hundreds of calls leave the heap as it was", () => {
  const own = createEssentia();
  own.key(cMajorFromA);
  const before = own.heapBytes();
  for (let i = 0; i < 400; i++) own.beatAgreement([every(0.5, 400), every(0.5, 400, 0.01)]);
  expect(own.heapBytes()).toBe(before);
});

test("above the bound the module is loaded anew and answers the same", () => {
  const own = createEssentia({ maxHeapBytes: 1 });
  const first = own.key(cMajorFromA);
  expect(own.key(cMajorFromA)).toEqual(first);
});

test("the module leaves no handlers behind that end the process", () => {
  const before = process.listenerCount("uncaughtException") + process.listenerCount("unhandledRejection");
  createEssentia({ maxHeapBytes: 1 }).key(cMajorFromA);
  expect(process.listenerCount("uncaughtException") + process.listenerCount("unhandledRejection")).toBe(
    before,
  );
});
