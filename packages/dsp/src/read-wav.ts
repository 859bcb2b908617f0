import { open } from "node:fs/promises";
import { readBlocks } from "./read-samples.ts";
import { readWavHeader, type WavInfo } from "./wav-header.ts";

/** 256 Ki samples: 0.5 MiB, a few hundred reads an hour. */
const chunkSamples = 256 * 1024;

/**
 * Reads a WAV's header. Accepts any chunks before `data`, and sizes that were never filled in (0 or 0xFFFFFFFF).
 * @throws {Error} if it is no WAV of 16-bit PCM.
 */
export async function readWavInfo(path: string): Promise<WavInfo> {
  const file = await open(path, "r");
  try {
    return await readWavHeader(file, path);
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
  const { channels, sampleCount } = await readWavInfo(path);
  const blockFrames = chunkFrames ?? Math.max(1, Math.floor(chunkSamples / channels));
  const isFile = { path, fetchRange: () => Promise.resolve(path) };
  yield* readBlocks(isFile, channels, { from: 0, to: sampleCount, blockFrames });
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
