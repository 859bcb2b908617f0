import type { WaveformDocument } from "@segue/contracts";
import { between } from "./beats.ts";
import { peaksOf } from "./peaks.ts";

export interface Wave {
  readonly document: WaveformDocument;
  readonly beatsSec: readonly number[];
  readonly fromSec: number;
  readonly toSec: number;
  readonly positionSec: number;
}

/** Columns of one bar and the room behind it, in px. */
const barPx = 3;
const barWidthPx = 2;
/** Beats that would stand nearer than that are not drawn: they would be a grey field. */
const leastBeatPx = 5;

/** Draws a stretch of sound: what was played in the accent's colour, beats as lines, and where it is. */
export function drawWave(canvas: HTMLCanvasElement, wave: Wave): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const scale = window.devicePixelRatio;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  context.scale(scale, scale);
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const { fromSec, toSec, positionSec, document } = wave;
  const xOf = (sec: number) => ((sec - fromSec) / (toSec - fromSec)) * width;
  drawBeats(context, wave, xOf, { height, colour: colour("--beat") });
  const columns = Math.max(1, Math.floor(width / barPx));
  const middle = height / 2;
  const reach = middle - 2;
  peaksOf(document, { fromSec, toSec, columns }).forEach(({ low, high }, column) => {
    const x = column * barPx;
    context.fillStyle = colour(x < xOf(positionSec) ? "--accent" : "--wave");
    const top = middle - Math.max(high * reach, 0.75);
    context.fillRect(x, top, barWidthPx, middle - Math.min(low * reach, -0.75) - top);
  });
  context.fillStyle = colour("--text");
  context.fillRect(xOf(positionSec) - 0.5, 0, 1.5, height);
}

function drawBeats(
  context: CanvasRenderingContext2D,
  { beatsSec, fromSec, toSec }: Wave,
  xOf: (sec: number) => number,
  { height, colour }: { readonly height: number; readonly colour: string },
): void {
  const beats = between(beatsSec, fromSec, toSec);
  const [first, last] = [beats[0], beats.at(-1)];
  if (first === undefined || last === undefined) return;
  const spacePx = (xOf(last) - xOf(first)) / Math.max(1, beats.length - 1);
  if (beats.length > 1 && spacePx < leastBeatPx) return;
  context.fillStyle = colour;
  for (const sec of beats) context.fillRect(xOf(sec) - 0.5, 0, 1, height);
}
