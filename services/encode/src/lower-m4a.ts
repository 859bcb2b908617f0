import { open } from "node:fs/promises";
import { lowerFrames } from "./bitstream/lower-frames.ts";
import { type Box, contentOf, findBox } from "./mp4-boxes.ts";

/**
 * Lowers all that an m4a's AAC decodes to by steps of 1.5 dB, in place: see `lowerFrames`.
 *
 * @throws {Error} if the file is not built as ffmpeg builds an m4a with one audio track, or holds anything but AAC-LC at 44.1 kHz.
 */
export async function lowerM4a(path: string, steps: number): Promise<void> {
  const file = await open(path, "r+");
  try {
    const bytes = await file.readFile();
    const whole = contentOf(bytes, "m4a");
    const nested = ["moov", "trak", "mdia", "minf", "stbl", "stsz"];
    const sizes = nested.reduce((box, kind) => findBox(bytes, box, kind), whole);
    const { start, end } = findBox(bytes, whole, "mdat");
    const audio = bytes.subarray(start, end);
    lowerFrames(audio, readFrameBytes(bytes, sizes), steps);
    await file.write(audio, 0, audio.length, start);
  } finally {
    await file.close();
  }
}

/** After version and flags: the size that all have, or 0; how many there are; the size of each, if it was 0. */
function readFrameBytes(bytes: Buffer, { start }: Box): Uint32Array {
  const common = bytes.readUInt32BE(start + 4);
  const frames = new Uint32Array(bytes.readUInt32BE(start + 8)).fill(common);
  return common > 0 ? frames : frames.map((_, frame) => bytes.readUInt32BE(start + 12 + 4 * frame));
}
