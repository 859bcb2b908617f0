import { readFile, writeFile } from "node:fs/promises";
import { type FactsOf, WaveformDocument, type WaveformSvg } from "@segue/contracts";
import { chooseZoom, drawSvg } from "./draw-svg.ts";

/** The finest zoom of three hours has four million values, which are not looked at. */
const Overviews = WaveformDocument.pick({ zooms: true });

/** Draws the `waveform` payload at `waveformPath`. */
export async function runWaveformSvg(
  waveformPath: string,
  outputPath: string,
): Promise<FactsOf<typeof WaveformSvg>> {
  const document: unknown = JSON.parse(await readFile(waveformPath, "utf8"));
  const zoom = chooseZoom(Overviews.parse(document).zooms) ?? WaveformDocument.parse(document);
  const { svg, widthPx, heightPx } = drawSvg(zoom);
  await writeFile(outputPath, svg);
  return { widthPx, heightPx };
}
