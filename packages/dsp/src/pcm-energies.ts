import { wavHeaderBytes } from "./encode-wav.ts";
import { hopsPerSec } from "./loudness-meter.ts";
import { canonicalSampleRateHz } from "./sample-rates.ts";

/**
 * Behind the samples of canonical PCM lies a chunk of the master's K-weighted energies: a 32-bit float for each whole hop of 0.1 s,
 * as `createLoudnessMeter` measures them on the channels of the source. 10 kB for four minutes. Readers of WAV skip it.
 */
const chunkId = "k128";
const chunkHeadBytes = 8;
const valueBytes = 4;

/** What stands before `count` values. */
export function encodeEnergiesHead(count: number): Buffer {
  const head = Buffer.alloc(chunkHeadBytes);
  head.write(chunkId, 0, "latin1");
  head.writeUInt32LE(count * valueBytes, 4);
  return head;
}

/** Where the chunk lies in a `pcm` payload; `end` excluded. */
export function energiesRange({ sampleCount, channels }: { sampleCount: number; channels: number }): {
  start: number;
  end: number;
} {
  const start = wavHeaderBytes + sampleCount * channels * 2;
  const count = Math.floor((sampleCount * hopsPerSec) / canonicalSampleRateHz);
  return { start, end: start + chunkHeadBytes + count * valueBytes };
}

/** Beyond it a 32-bit float is infinite, and no loudness can be told: samples some 1e19 times past full scale get there. */
const largestEnergy = (2 - 2 ** -23) * 2 ** 127;

/** Finite, whatever the samples were. @throws {Error} for anything but such a chunk, whole. */
export function parseEnergies(chunk: Buffer): Float32Array {
  const count = chunk.length >= chunkHeadBytes ? chunk.readUInt32LE(4) / valueBytes : -1;
  if (chunk.toString("latin1", 0, 4) !== chunkId || chunk.length !== chunkHeadBytes + count * valueBytes) {
    throw new Error(
      `expected a chunk of energies after the samples, got ${chunk.length} bytes of another kind`,
    );
  }
  return Float32Array.from({ length: count }, (_, i) =>
    Math.min(chunk.readFloatLE(chunkHeadBytes + i * valueBytes), largestEnergy),
  );
}
