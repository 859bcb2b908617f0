import { writeFile } from "node:fs/promises";
import type { FactsOf, Waveform, WaveformZoom } from "@segue/contracts";
import { coarsen, finestZoom, zooms } from "./find-peaks.ts";

/** What the peaks are of. */
export interface PeaksFormat {
  readonly sampleRateHz: number;
  readonly channels: number;
}

/** Values that become text at a time. */
const valuesPerChunk = 65_536;

/**
 * Writes a `WaveformDocument` with the finest peaks and the coarser ones that follow from them. Text is made as it is
 * written: three hours are 15 MB of it.
 */
export async function writeWaveform(
  path: string,
  peaks: Int8Array,
  format: PeaksFormat,
): Promise<FactsOf<typeof Waveform>> {
  const all = zooms.map((samplesPerPixel) => ({
    samplesPerPixel,
    peaks: coarsen(peaks, format.channels, samplesPerPixel / finestZoom),
  }));
  await writeFile(path, documentText(all, format));
  const described = all.map((zoom) => ({
    samplesPerPixel: zoom.samplesPerPixel,
    length: lengthOf(zoom.peaks, format),
  }));
  return { ...format, bits: 8, zooms: described };
}

interface ZoomPeaks {
  readonly samplesPerPixel: number;
  readonly peaks: Int8Array;
}

function* documentText(
  [finest, ...coarser]: readonly ZoomPeaks[],
  format: PeaksFormat,
): Generator<string, void, undefined> {
  if (!finest) return;
  yield* zoomText(finest, format);
  yield ',"zooms":[';
  for (const [index, zoom] of coarser.entries()) {
    if (index > 0) yield ",";
    yield* zoomText(zoom, format);
    yield "}";
  }
  yield "]}\n";
}

/** An object that has not been closed. */
function* zoomText({ samplesPerPixel, peaks }: ZoomPeaks, format: PeaksFormat): Generator<string, void> {
  const head: Omit<WaveformZoom, "data"> = {
    version: 2,
    channels: format.channels,
    sample_rate: format.sampleRateHz,
    samples_per_pixel: samplesPerPixel,
    bits: 8,
    length: lengthOf(peaks, format),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"data":[`;
  for (let from = 0; from < peaks.length; from += valuesPerChunk) {
    const values = peaks.subarray(from, from + valuesPerChunk).join(",");
    yield from > 0 ? `,${values}` : values;
  }
  yield "]";
}

function lengthOf(peaks: Int8Array, { channels }: PeaksFormat): number {
  return peaks.length / (2 * channels);
}
