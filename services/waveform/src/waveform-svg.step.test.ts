import { readFile } from "node:fs/promises";
import { createTestDir, type TestDir, writePcm } from "@segue/audio/testing";
import { runStep } from "@segue/step/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chooseZoom, drawSvg } from "./draw-svg.ts";
import { waveform } from "./waveform.step.ts";
import { waveformSvg } from "./waveform-svg.step.ts";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

/** All that a drawing may be: one element with one path of whole numbers. */
const wellFormed =
  /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ 256" preserveAspectRatio="none" fill="currentColor"><path d="M0 \d+(?:[HV]\d+)+Z"\/><\/svg>\n$/;

async function svgOf(...channels: readonly ArrayLike<number>[]) {
  const outputDir = dir.path("");
  const pcm = await writePcm(dir.path("in.wav"), channels);
  const peaks = await runStep(waveform, { pcm }, { outputDir });
  const given = { waveform: { facts: peaks.facts, path: peaks.outputPath } };
  const { facts, outputPath } = await runStep(waveformSvg, given, { outputDir });
  return { facts, svg: await readFile(outputPath, "utf8") };
}

/** The heights at which a path crosses each column, from its top edge and its bottom edge. */
function outline(svg: string): { tops: number[]; bottoms: number[] } {
  const commands = /d="M0 (\d+)([^Z]*)Z"/.exec(svg);
  const lines: [tops: number[], bottoms: number[]] = [[], []];
  let x = 0;
  let y = Number(commands?.[1]);
  for (const [, command, value] of commands?.[2]?.matchAll(/([HV])(\d+)/g) ?? []) {
    const to = Number(value);
    if (command === "V") y = to;
    else {
      const edge = lines[to > x ? 0 : 1];
      for (; x < to; x++) edge.push(y);
      for (; x > to; x--) edge.unshift(y);
    }
  }
  return { tops: lines[0], bottoms: lines[1] };
}

test("an outline goes through the peaks of each column, the louder channel's", () => {
  const { svg, widthPx, heightPx } = drawSvg({
    channels: 2,
    length: 3,
    data: [-128, 127, 0, 0, -1, 1, -20, 3, 0, 0, 0, 0],
  });
  expect(svg).toMatch(wellFormed);
  expect({ widthPx, heightPx }).toEqual({ widthPx: 3, heightPx: 256 });
  expect(outline(svg)).toEqual({ tops: [0, 124, 127], bottoms: [256, 148, 128] });
});

test("columns of the same height are one line", () => {
  const { svg } = drawSvg({ channels: 1, length: 4, data: [0, 0, 0, 0, 0, 0, 0, 0] });
  expect(svg).toContain(`d="M0 127H4V128H0Z"`);
});

test("more pixels than columns are merged: none is left out", () => {
  const length = 2_584;
  for (const loud of [0, 1_291, 2_583]) {
    const data = new Int8Array(2 * length);
    data[2 * loud + 1] = 127;
    const { tops, bottoms } = outline(drawSvg({ channels: 1, length, data }).svg);
    expect(tops).toHaveLength(1_000);
    expect(bottoms).toHaveLength(1_000);
    expect(tops.flatMap((top, column) => (top === 0 ? [column] : []))).toEqual([
      Math.floor((loud * 1_000 + 999) / length),
    ]);
  }
});

test("the coarsest zoom that is fine enough is drawn", () => {
  const zooms = [{ length: 8_000 }, { length: 1_000 }, { length: 125 }];
  expect(chooseZoom(zooms)).toBe(zooms[1]);
  expect(chooseZoom(zooms.slice(2))).toBeUndefined();
});

test.each<[what: string, channels: ArrayLike<number>[], columns: number]>([
  ["a single sample", [[0.5]], 1],
  ["silence", [new Float32Array(5 * 44_100)], 431],
  ["a minute and a half of stereo", [1, 2].map((n) => new Float32Array(95 * 44_100).fill(n / 4)), 1_000],
])("%s makes an image", async (_, channels, columns) => {
  const { svg, facts } = await svgOf(...channels);
  expect(svg).toMatch(wellFormed);
  expect(facts).toEqual({ widthPx: columns, heightPx: 256 });
  const { tops, bottoms } = outline(svg);
  expect([tops.length, bottoms.length]).toEqual([columns, columns]);
  expect(tops.every((top, i) => top < (bottoms[i] ?? 0))).toBe(true);
});
