import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunFfmpegOptions } from "@segue/audio";
import { measureTruePeak } from "./measure-aac.ts";
import { frameSamples } from "./plan-segments.ts";
import { joinAdts } from "./split-adts.ts";

/** Frames on either side of a seam: what is decoded of one needs the one before it. */
export const edgeFrames = 2;

/** The first and the last frames of a segment. */
export interface SegmentEdges {
  readonly first: readonly Uint8Array[];
  readonly last: readonly Uint8Array[];
}

/**
 * The true peak of the samples in which segments overlap, one frame at each seam: made half of the one's last frame and half of the
 * other's first, they are what no segment decodes to by itself. 1 is full scale; 0 where there are no seams.
 */
export async function measureSeams(
  segments: readonly SegmentEdges[],
  channels: number,
  options: RunFfmpegOptions & { readonly scratchDir: string },
): Promise<number> {
  const seams = segments.slice(1).map(({ first }, index) => [segments[index]?.last ?? [], first] as const);
  if (seams.length === 0) return 0;
  let frames = 0;
  const spans = seams.map(([before, after]) => {
    const from = (frames + before.length) * frameSamples;
    frames += before.length + after.length;
    return { from, to: from + frameSamples };
  });
  const path = join(options.scratchDir, "seams.adts");
  await writeFile(path, joinAdts(seams.flat(2), channels));
  const truePeak = await measureTruePeak(path, channels, options, spans);
  await rm(path);
  return truePeak;
}
