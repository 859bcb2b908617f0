import { type FileHandle, open } from "node:fs/promises";

/** One box of an MP4 file (ISO/IEC 14496-12), as a range of the buffer that holds it. */
interface Box {
  readonly kind: string;
  /** Where its content begins. */
  readonly start: number;
  readonly end: number;
}

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
    const movie: Box = { kind: "moov", start: 0, end: moov.length };
    const mvhd = find(moov, movie, "mvhd");
    const trak = find(moov, movie, "trak");
    writeTimescale(moov, mvhd, sampleRateHz);
    writeDuration(moov, mvhd, { v0: 16, v1: 24 }, sampleCount);
    writeDuration(moov, find(moov, trak, "tkhd"), { v0: 20, v1: 28 }, sampleCount);
    writeDuration(moov, find(moov, find(moov, trak, "edts"), "elst"), { v0: 8, v1: 8 }, sampleCount);
    await file.write(moov, 0, moov.length, positionBytes);
  } finally {
    await file.close();
  }
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

function find(bytes: Buffer, parent: Box, kind: string): Box {
  for (let at = parent.start; at + 8 <= parent.end; ) {
    const size = bytes.readUInt32BE(at);
    if (size < 8) break;
    if (bytes.toString("latin1", at + 4, at + 8) === kind) return { kind, start: at + 8, end: at + size };
    at += size;
  }
  throw new Error(`the m4a's ${parent.kind} holds no ${kind}`);
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
