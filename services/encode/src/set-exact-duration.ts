import { type FileHandle, open } from "node:fs/promises";
import { type Box, contentOf, findBox } from "./mp4-boxes.ts";

/**
 * Makes an m4a's edit list exact to the sample. ffmpeg writes it in whole milliseconds, rounded down: players would
 * drop up to 44 samples at the end, and some of them the whole frame that those are in. This gives the movie the
 * audio's own time scale and the durations in samples, in place.
 *
 * @throws {Error} if the file is not built as ffmpeg builds an m4a with one audio track.
 */
export async function setExactDuration(
  path: string,
  sampleRateHz: number,
  sampleCount: number,
): Promise<void> {
  const file = await open(path, "r+");
  try {
    const { moov, positionBytes } = await readMoov(file);
    writeExactDuration(moov, sampleRateHz, sampleCount);
    await file.write(moov, 0, moov.length, positionBytes);
  } finally {
    await file.close();
  }
}

/** As `setExactDuration`, within the content of a `moov`. */
export function writeExactDuration(moov: Buffer, sampleRateHz: number, sampleCount: number): void {
  const movie = contentOf(moov, "moov");
  const mvhd = findBox(moov, movie, "mvhd");
  const trak = findBox(moov, movie, "trak");
  writeTimescale(moov, mvhd, sampleRateHz);
  writeDuration(moov, mvhd, { v0: 16, v1: 24 }, sampleCount);
  writeDuration(moov, findBox(moov, trak, "tkhd"), { v0: 20, v1: 28 }, sampleCount);
  writeDuration(moov, findBox(moov, findBox(moov, trak, "edts"), "elst"), { v0: 8, v1: 8 }, sampleCount);
}

async function readMoov(file: FileHandle): Promise<{ moov: Buffer; positionBytes: number }> {
  const header = Buffer.alloc(8);
  for (let at = 0; (await file.read(header, 0, 8, at)).bytesRead === 8; at += header.readUInt32BE(0)) {
    const size = header.readUInt32BE(0);
    if (size < 8) break;
    if (header.toString("latin1", 4, 8) !== "moov") continue;
    const moov = Buffer.alloc(size - 8);
    const { bytesRead } = await file.read(moov, 0, moov.length, at + 8);
    if (bytesRead === moov.length) return { moov, positionBytes: at + 8 };
  }
  throw new Error("the m4a holds no moov box");
}

/** In `mvhd`, after version, flags and two instants, which are 64 bit in version 1. */
function writeTimescale(bytes: Buffer, mvhd: Box, timescale: number): void {
  bytes.writeUInt32BE(timescale, mvhd.start + (bytes[mvhd.start] === 1 ? 20 : 12));
}

/** @param offset of the duration within the box, by version; it is 64 bit in version 1. */
function writeDuration(bytes: Buffer, box: Box, offset: { v0: number; v1: number }, duration: number): void {
  if (bytes[box.start] === 1) bytes.writeBigUInt64BE(BigInt(duration), box.start + offset.v1);
  else bytes.writeUInt32BE(duration, box.start + offset.v0);
}
