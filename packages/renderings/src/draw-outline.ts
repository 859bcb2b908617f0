import { mergePeaks } from "@segue/dsp";

/** Peaks at one zoom: for each pixel, for each channel, the least and the greatest, -128 to 127. */
export interface ZoomPeaks {
  readonly channels: number;
  readonly length: number;
  readonly data: ArrayLike<number>;
}

/** More would not be seen: it is stretched to some hundreds of pixels. */
export const maxColumns = 1_000;
const heightPx = 256;

/**
 * The whole track as one filled outline, both channels as one: from the lowest to the highest in every column, and never thinner
 * than a line. It stretches to the size it is given, in the colour of the text around it.
 */
export function drawOutline({ channels, length, data }: ZoomPeaks): string {
  const columns = Math.max(1, Math.min(maxColumns, length));
  const tops: number[] = [];
  const bottoms: number[] = [];
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * length) / columns);
    const merged = mergePeaks(data, channels, from, Math.floor(((column + 1) * length) / columns));
    tops.push(127 - Math.max(...merged));
    bottoms.push(128 - Math.min(...merged));
  }
  const path = `M0 ${tops[0]}${steps(tops, 0, 1)}V${bottoms.at(-1)}${steps(bottoms.toReversed(), columns, -1)}Z`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${columns} ${heightPx}" preserveAspectRatio="none" fill="currentColor">` +
    `<path d="${path}"/></svg>\n`
  );
}

/** Path data along the heights of columns, one to the next. @param direction 1 to the right, -1 to the left. */
function steps(heights: readonly number[], start: number, direction: 1 | -1): string {
  let path = "";
  for (const [i, height] of heights.entries()) {
    const next = heights[i + 1];
    // Columns of the same height are one line.
    if (next === height) continue;
    path += `H${start + direction * (i + 1)}${next === undefined ? "" : `V${next}`}`;
  }
  return path;
}
