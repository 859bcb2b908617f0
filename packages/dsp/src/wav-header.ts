import type { FileHandle } from "node:fs/promises";
import { readFully } from "./read-fully.ts";

/** What a 16-bit PCM WAV file holds. */
export interface WavInfo {
  readonly sampleRateHz: number;
  readonly channels: number;
  /** Where the samples begin. */
  readonly dataOffsetBytes: number;
  /** Samples that are really there, whatever the header says: whole frames only. */
  readonly dataBytes: number;
  /** Frames: samples per channel. */
  readonly sampleCount: number;
  readonly durationSec: number;
}

const maxHeaderBytes = 1024 * 1024;

/**
 * Reads the header of an open WAV. Accepts any chunks before `data`, and sizes that were never filled in (0 or 0xFFFFFFFF).
 * @throws {Error} if it is no WAV of 16-bit PCM.
 */
export async function readWavHeader(file: FileHandle, path: string): Promise<WavInfo> {
  const { size } = await file.stat();
  const head = Buffer.alloc(Math.min(size, maxHeaderBytes));
  await readFully(file, head, 0);
  if (
    head.length < 12 ||
    head.toString("latin1", 0, 4) !== "RIFF" ||
    head.toString("latin1", 8, 12) !== "WAVE"
  ) {
    throw new Error(`${path}: expected a WAV file, found no RIFF/WAVE header`);
  }
  let format: { channels: number; sampleRateHz: number } | null = null;
  for (let at = 12; at + 8 <= head.length; ) {
    const id = head.toString("latin1", at, at + 4);
    const length = head.readUInt32LE(at + 4);
    const body = at + 8;
    if (id === "fmt " && body + 16 <= head.length) format = parseFormat(head.subarray(body), path);
    if (id === "data") {
      if (!format) break;
      return describe(format, body, length, size);
    }
    at = body + length + (length % 2);
  }
  throw new Error(`${path}: expected a WAV file with a format and a data chunk`);
}

function parseFormat(chunk: Buffer, path: string): { channels: number; sampleRateHz: number } {
  const tag = chunk.readUInt16LE(0);
  const channels = chunk.readUInt16LE(2);
  const sampleRateHz = chunk.readUInt32LE(4);
  const bits = chunk.readUInt16LE(14);
  // 0xFFFE: the extensible form, which ffmpeg writes for more than two channels.
  if ((tag !== 1 && tag !== 0xfffe) || bits !== 16 || channels === 0 || sampleRateHz === 0) {
    throw new Error(
      `${path}: expected 16-bit PCM; it is format ${tag}, ${bits} bit, ${channels} channels, ${sampleRateHz} Hz`,
    );
  }
  return { channels, sampleRateHz };
}

function describe(
  format: { channels: number; sampleRateHz: number },
  dataOffsetBytes: number,
  declaredBytes: number,
  fileBytes: number,
): WavInfo {
  const present = fileBytes - dataOffsetBytes;
  const unknown = declaredBytes === 0 || declaredBytes === 0xffffffff;
  const available = unknown ? present : Math.min(declaredBytes, present);
  const frameBytes = format.channels * 2;
  const sampleCount = Math.floor(available / frameBytes);
  return {
    ...format,
    dataOffsetBytes,
    dataBytes: sampleCount * frameBytes,
    sampleCount,
    durationSec: sampleCount / format.sampleRateHz,
  };
}
