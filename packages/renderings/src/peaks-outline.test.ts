import type { WaveformDocument, WaveformZoom } from "@segue/contracts";
import { describe, expect, test } from "vitest";
import { drawOutline } from "./draw-outline.ts";
import { NotRenderableError } from "./not-renderable-error.ts";
import { chooseZoom, peaksOutline } from "./peaks-outline.ts";

/** All that a drawing may be: one element with one path of whole numbers. */
const wellFormed =
  /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ 256" preserveAspectRatio="none" fill="currentColor"><path d="M0 \d+(?:[HV]\d+)+Z"\/><\/svg>\n$/;

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
  const data = [-128, 127, 0, 0, -1, 1, -20, 3, 0, 0, 0, 0];
  const svg = drawOutline({ channels: 2, length: 3, data });
  expect(svg).toMatch(wellFormed);
  expect(svg).toContain('viewBox="0 0 3 256"');
  expect(outline(svg)).toEqual({ tops: [0, 124, 127], bottoms: [256, 148, 128] });
});

test("columns of the same height are one line", () => {
  const svg = drawOutline({ channels: 1, length: 4, data: [0, 0, 0, 0, 0, 0, 0, 0] });
  expect(svg).toContain(`d="M0 127H4V128H0Z"`);
});

test("more pixels than columns are merged: none is left out", () => {
  const length = 2_584;
  for (const loud of [0, 1_291, 2_583]) {
    const data = new Int8Array(2 * length);
    data[2 * loud + 1] = 127;
    const { tops, bottoms } = outline(drawOutline({ channels: 1, length, data }));
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

/** Peaks of a signal that swells and falls, as loud as they can be: as many digits as there are. */
function zoomOf(length: number, samplesPerPixel: number, channels = 2): WaveformZoom {
  const data = Array.from({ length: 2 * channels * length }, (_, i) => {
    const height = 100 + Math.round(27 * Math.sin(i / length));
    return i % 2 === 0 ? -height : height;
  });
  return {
    version: 2,
    channels,
    sample_rate: 44_100,
    samples_per_pixel: samplesPerPixel,
    bits: 8,
    length,
    data,
  };
}

function documentOf(length: number): WaveformDocument {
  const zooms = [8, 64].map((factor) => zoomOf(Math.ceil(length / factor), 512 * factor));
  return { ...zoomOf(length, 512), zooms };
}

/** Renders a payload, and tells how much of it was read. */
async function render(text: string) {
  const bytes = Buffer.from(text);
  let readBytes = 0;
  const svg = await peaksOutline.render({
    sizeBytes: bytes.length,
    async read({ start, end } = { start: 0, end: bytes.length - 1 }) {
      const part = bytes.subarray(start, end + 1);
      readBytes += part.length;
      return part;
    },
  });
  return { svg, readBytes };
}

describe("of a document", () => {
  test.each([
    ["a single pixel", documentOf(1), 1],
    ["five seconds: no zoom has a pixel for every column", documentOf(431), 431],
    ["four minutes", documentOf(20_672), 1_000],
    ["the least that is not read whole", documentOf(64_000), 1_000],
    ["six hours", documentOf(1_860_468), 1_000],
  ])("%s: it is drawn of as much as it takes, and of no more than a bound", async (_, document, columns) => {
    const { svg, readBytes } = await render(JSON.stringify(document));
    expect(svg).toMatch(wellFormed);
    expect(svg).toBe(drawOutline(chooseZoom(document.zooms) ?? document));
    expect(outline(svg).tops).toHaveLength(columns);
    expect(readBytes).toBeLessThanOrEqual(peaksOutline.maxReadBytes);
  });

  test("that has no zooms, as audiowaveform itself writes it", async () => {
    const plain = zoomOf(10_000, 256, 1);
    expect((await render(JSON.stringify(plain))).svg).toBe(drawOutline(plain));
    // Members that the format may get are nothing to us.
    expect((await render(JSON.stringify({ ...plain, title: "x" }, null, 1))).svg).toBe(drawOutline(plain));
  });

  const zoom = zoomOf(4, 512);
  const long = documentOf(100_000);
  test.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["another document", '{"a":1}'],
    ["null", "null"],
    ["a length that its data does not have", JSON.stringify({ ...zoom, length: 1e9 })],
    [
      "values that are none of a byte",
      JSON.stringify({ ...zoom, data: zoom.data.map((value) => value * 2) }),
    ],
    ["values that are no numbers", JSON.stringify({ ...zoom, data: zoom.data.map(String) })],
    ["data that is no list", JSON.stringify({ ...zoom, data: { length: 16 } })],
    ["more channels than two", JSON.stringify({ ...zoom, channels: 3, data: Array(24).fill(0) })],
    ["a zoom that is broken", JSON.stringify({ ...zoom, zooms: [{ ...zoom, data: [] }] })],
    ["more than is read, without zooms", JSON.stringify({ ...long, zooms: [] })],
    ["more than is read, of which the end is none", `${JSON.stringify(long)}${" ".repeat(2 ** 20)}`],
    ["more than is read, of braces", "{".repeat(2 ** 20 + 1)],
    ["more than is read, of objects", "{}".repeat(2 ** 19 + 1)],
  ])("%s: it is refused by name", async (_, text) => {
    await expect(render(text)).rejects.toThrow(NotRenderableError);
  });
});
