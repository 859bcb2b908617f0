import { WaveformZoom } from "@segue/contracts";
import { z } from "zod";
import { drawOutline, maxColumns, type ZoomPeaks } from "./draw-outline.ts";
import { NotRenderableError } from "./not-renderable-error.ts";
import type { Renderer } from "./renderer.ts";

/**
 * Of a larger document the end is read: its coarser zooms are the last of its members. Peaks of 50,000 pixels of stereo fit, and so does
 * every zoom of six hours but the two finest.
 */
const maxReadBytes = 2 ** 20;

/** Half a million values are looked at one by one: as a schema for each of them that takes a tenth of a second. */
const Data = z.custom<readonly number[]>((value) => Array.isArray(value) && value.every(isByte), {
  error: "expected a list of whole numbers from -128 to 127",
});
const Peaks = WaveformZoom.extend({ data: Data }).refine(
  ({ channels, length, data }) => data.length === 2 * channels * length,
  { error: "expected two values for each pixel of each channel" },
);
/** Of a document whose zooms do, the finest peaks are not looked at. */
const Overviews = z.object({ zooms: z.array(Peaks).default([]) });

/** The outline of a whole track, from peaks in the JSON of audiowaveform. */
export const peaksOutline: Renderer = {
  version: 1,
  maxReadBytes,
  async render({ sizeBytes, read }) {
    if (sizeBytes <= maxReadBytes) return drawOutline(zoomOfDocument(textOf(await read())));
    const range = { start: sizeBytes - maxReadBytes, end: sizeBytes - 1 };
    return drawOutline(zoomAtTheEnd(textOf(await read(range)), sizeBytes));
  },
};

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

function isByte(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= -128 && Number(value) <= 127;
}

function zoomOfDocument(text: string): ZoomPeaks {
  const document = parseJson(text);
  return chooseZoom(parse(Overviews, document).zooms) ?? parse(Peaks, document);
}

/** Zooms have no objects within: each begins with the last brace before the one that was read last. */
function zoomAtTheEnd(text: string, sizeBytes: number): ZoomPeaks {
  const coarsestFirst: ZoomPeaks[] = [];
  for (let end = text.length; end > 0; ) {
    const start = text.lastIndexOf("{", end - 1);
    const close = text.indexOf("}", start);
    if (start === -1 || close === -1 || close >= end) break;
    const zoom = parse(Peaks, parseJson(text.slice(start, close + 1)));
    if (zoom.length >= maxColumns) return zoom;
    coarsestFirst.push(zoom);
    end = start;
  }
  const [coarsest] = coarsestFirst;
  if (coarsest) return coarsest;
  throw new NotRenderableError(
    `expected up to ${maxReadBytes} bytes, or a document that ends with coarser zooms; got ${sizeBytes} bytes without them`,
  );
}

/** The coarsest zoom that still has a pixel for every column. */
export function chooseZoom<Z extends { readonly length: number }>(finestFirst: readonly Z[]): Z | undefined {
  return finestFirst.findLast(({ length }) => length >= maxColumns);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NotRenderableError("expected JSON, got text that is none", { cause });
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const { data, error } = schema.safeParse(value);
  if (error)
    throw new NotRenderableError(`expected peaks as audiowaveform writes them: ${z.prettifyError(error)}`);
  return data;
}
