import { type FileHandle, open } from "node:fs/promises";

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

/** 256 Ki samples: 0.5 MiB, a few hundred reads an hour. */
const chunkSamples = 256 * 1024;
const maxHeaderBytes = 1024 * 1024;

/**
 * Reads a WAV's header. Accepts any chunks before `data`, and sizes that were never filled in (0 or 0xFFFFFFFF).
 * @throws {Error} if it is no WAV of 16-bit PCM.
 */
export async function readWavInfo(path: string): Promise<WavInfo> {
  const file = await open(path, "r");
  try {
    return await readInfo(file, path);
  } finally {
    await file.close();
  }
}

/**
 * A WAV's samples, interleaved, in pieces of whole frames: memory stays flat for any length.
 * Each piece, of `chunkFrames` if that is given, is a view that the next one overwrites.
 */
export async function* readWavChunks(
  path: string,
  { chunkFrames }: { chunkFrames?: number } = {},
): AsyncGenerator<Int16Array, void, undefined> {
  const file = await open(path, "r");
  try {
    const info = await readInfo(file, path);
    const frames = chunkFrames ?? Math.max(1, Math.floor(chunkSamples / info.channels));
    const samples = new Int16Array(frames * info.channels);
    const bytes = Buffer.from(samples.buffer);
    let position = info.dataOffsetBytes;
    const end = position + info.dataBytes;
    while (position < end) {
      const length = Math.min(bytes.length, end - position);
      await readFully(file, bytes, length, position, path);
      position += length;
      yield samples.subarray(0, length / 2);
    }
  } finally {
    await file.close();
  }
}

/** A whole WAV as one channel, the mean of its channels, in [-1, 1). Four bytes per frame: 15 MB for 4 minutes at 16 kHz. */
export async function readWavMono(path: string): Promise<Float32Array> {
  const info = await readWavInfo(path);
  const mono = new Float32Array(info.sampleCount);
  const scale = 1 / (32768 * info.channels);
  let frame = 0;
  for await (const chunk of readWavChunks(path)) {
    frame = mixInto(mono, frame, chunk, info.channels, scale);
  }
  return mono;
}

function mixInto(
  mono: Float32Array,
  from: number,
  chunk: Int16Array,
  channels: number,
  scale: number,
): number {
  let frame = from;
  for (let i = 0; i < chunk.length; i += channels) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += chunk[i + c] ?? 0;
    mono[frame++] = sum * scale;
  }
  return frame;
}

/** A WAV file of 16-bit PCM from interleaved samples. */
export function encodeWav(samples: Int16Array, format: { sampleRateHz: number; channels: number }): Buffer {
  const body = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  return Buffer.concat([encodeWavHeader(samples.byteLength, format), body]);
}

export const wavHeaderBytes = 44;
const largestSize = 0xffff_ffff;

/**
 * The 44 bytes before `dataBytes` of 16-bit samples. Past 4 GiB both sizes are 0xFFFFFFFF: read to the file's end.
 * @param tailBytes of the chunks that follow the samples.
 */
export function encodeWavHeader(
  dataBytes: number,
  { sampleRateHz, channels }: { sampleRateHz: number; channels: number },
  tailBytes = 0,
): Buffer {
  const header = Buffer.alloc(wavHeaderBytes);
  const fits = dataBytes + tailBytes + 36 < largestSize;
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(fits ? dataBytes + tailBytes + 36 : largestSize, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE(sampleRateHz * channels * 2, 28);
  header.writeUInt16LE(channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(fits ? dataBytes : largestSize, 40);
  return header;
}

async function readInfo(file: FileHandle, path: string): Promise<WavInfo> {
  const { size } = await file.stat();
  const head = Buffer.alloc(Math.min(size, maxHeaderBytes));
  await readFully(file, head, head.length, 0, path);
  if (
    head.length < 12 ||
    head.toString("latin1", 0, 4) !== "RIFF" ||
    head.toString("latin1", 8, 12) !== "WAVE"
  ) {
    throw new Error(`${path}: expected a WAV file`);
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

async function readFully(
  file: FileHandle,
  into: Buffer,
  length: number,
  position: number,
  path: string,
): Promise<void> {
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(into, done, length - done, position + done);
    if (bytesRead === 0) throw new Error(`${path}: ended after ${position + done} bytes while it was read`);
    done += bytesRead;
  }
}
