import type { WaveformDocument, WaveformZoom } from "@segue/contracts";
import { expect, test } from "vitest";
import { durationOf, peaksOf } from "./peaks.ts";

/** Pixels that rise from 1 to the length, each as far down as up. */
function zoom(length: number, samples_per_pixel: number, channels = 1): WaveformZoom {
  const data = Array.from({ length }, (_, pixel) => Array(channels).fill([-(pixel + 1), pixel + 1])).flat(2);
  return { version: 2, channels, sample_rate: 100, samples_per_pixel, bits: 8, length, data };
}
const documentOf = (finest: WaveformZoom, ...zooms: WaveformZoom[]): WaveformDocument => ({
  ...finest,
  zooms,
});

test("a column is the extremes of its pixels", () => {
  const document = documentOf(zoom(100, 10));
  expect(durationOf(document)).toBe(10);
  const peaks = peaksOf(document, { fromSec: 0, toSec: 10, columns: 10 });
  expect(peaks.map(({ high }) => high * 128)).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  expect(peaks.every(({ low, high }) => low === -high)).toBe(true);
});

test("the coarsest zoom that has a pixel for each column is read", () => {
  const coarse = { ...zoom(10, 100), data: Array(20).fill(5) };
  const document = documentOf(zoom(100, 10), coarse);
  expect(peaksOf(document, { fromSec: 0, toSec: 10, columns: 10 })[9]?.high).toBe(5 / 128);
  expect(peaksOf(document, { fromSec: 9, toSec: 10, columns: 10 })[9]?.high).toBe(100 / 128);
});

test("more columns than pixels repeat them; beyond the ends there is silence", () => {
  const document = documentOf(zoom(2, 100));
  const highs = peaksOf(document, { fromSec: -1, toSec: 3, columns: 8 }).map(({ high }) => high * 128);
  expect(highs).toEqual([0, 0, 1, 1, 2, 2, 0, 0]);
});

test("of several channels the furthest counts", () => {
  const document = documentOf({ ...zoom(1, 100, 2), data: [-1, 7, -9, 2] });
  expect(peaksOf(document, { fromSec: 0, toSec: 1, columns: 1 })).toEqual([{ low: -9 / 128, high: 7 / 128 }]);
});
