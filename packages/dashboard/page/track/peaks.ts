import type { WaveformDocument, WaveformZoom } from "@segue/contracts";

/** The least and the greatest of a stretch, -1 to 1, of all channels. */
export interface Peak {
  readonly low: number;
  readonly high: number;
}

const fullScale = 128;

export function durationOf({ length, samples_per_pixel, sample_rate }: WaveformZoom): number {
  return (length * samples_per_pixel) / sample_rate;
}

/**
 * What a stretch looks like in so many columns, from the coarsest zoom that still has a value for each. Before the beginning and behind the end there is silence.
 */
export function peaksOf(
  document: WaveformDocument,
  { fromSec, toSec, columns }: { readonly fromSec: number; readonly toSec: number; readonly columns: number },
): Peak[] {
  const columnSec = (toSec - fromSec) / columns;
  const zooms = [document, ...document.zooms].toSorted((a, b) => b.samples_per_pixel - a.samples_per_pixel);
  const secOf = (zoom: WaveformZoom) => zoom.samples_per_pixel / zoom.sample_rate;
  const zoom = zooms.find((each) => secOf(each) <= columnSec) ?? document;
  const pixelSec = secOf(zoom);
  return Array.from({ length: columns }, (_, column) => {
    const first = Math.floor((fromSec + column * columnSec) / pixelSec);
    const end = Math.max(first + 1, Math.floor((fromSec + (column + 1) * columnSec) / pixelSec));
    return extremesOf(zoom, first, end);
  });
}

function extremesOf({ data, channels, length }: WaveformZoom, first: number, end: number): Peak {
  let [low, high] = [0, 0];
  for (let pixel = Math.max(0, first); pixel < Math.min(end, length); pixel++)
    for (let channel = 0; channel < channels; channel++) {
      const at = 2 * (pixel * channels + channel);
      low = Math.min(low, data[at] ?? 0);
      high = Math.max(high, data[at + 1] ?? 0);
    }
  return { low: low / fullScale, high: high / fullScale };
}
