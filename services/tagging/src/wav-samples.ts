import { type FileHandle, open, readFile, rm } from "node:fs/promises";

/** Random access to a track's samples, so that a long track never lies in memory whole. */
export type SampleSource = {
  sampleCount: number;
  /** `count` samples from `start` on, -1 to 1; fewer at the end. */
  read(start: number, count: number): Promise<Float32Array>;
};

/** Samples that are in memory already. */
export function samplesInMemory(samples: Float32Array): SampleSource {
  return {
    sampleCount: samples.length,
    read: async (start, count) => samples.subarray(start, start + count),
  };
}

const headerBytes = 44;

/** A `mono16k` payload that is too large to be fetched: a header of 44 bytes, then samples, of which each read fetches its own. */
export function samplesInRanges(payload: {
  readonly sizeBytes: number;
  fetchRange(startByte: number, endByte: number): Promise<string>;
}): SampleSource {
  const sampleCount = Math.max(0, Math.floor((payload.sizeBytes - headerBytes) / 2));
  return {
    sampleCount,
    async read(start, count) {
      const end = Math.min(sampleCount, start + count);
      const path = await payload.fetchRange(headerBytes + 2 * start, headerBytes + 2 * end);
      // A buffer of its own: small files come as parts of a shared pool, at any offset.
      const bytes = Uint8Array.from(await readFile(path));
      await rm(path, { force: true });
      return toFloats(new Int16Array(bytes.buffer));
    },
  };
}

/** An open mono 16-bit WAV file at 16 kHz. Throws where it is anything else. */
export async function openWavSamples(path: string): Promise<SampleSource & AsyncDisposable> {
  const file = await open(path);
  try {
    const { dataStart, sampleCount } = await findData(file, path);
    return {
      sampleCount,
      async read(start, count) {
        const wanted = Math.max(0, Math.min(count, sampleCount - start));
        const bytes = Buffer.allocUnsafeSlow(wanted * 2);
        const { bytesRead } = await file.read(bytes, 0, bytes.length, dataStart + start * 2);
        if (bytesRead < bytes.length)
          throw new Error(`${path} ends at byte ${dataStart + start * 2 + bytesRead}`);
        return toFloats(new Int16Array(bytes.buffer, 0, wanted));
      },
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function toFloats(samples: Int16Array): Float32Array {
  const floats = new Float32Array(samples.length);
  for (let i = 0; i < samples.length; i++) floats[i] = (samples[i] ?? 0) / 32_768;
  return floats;
}

async function findData(file: FileHandle, path: string): Promise<{ dataStart: number; sampleCount: number }> {
  const { size } = await file.stat();
  const head = Buffer.alloc(Math.min(size, 4096));
  await file.read(head, 0, head.length, 0);
  const fail = (found: string): never => {
    throw new Error(`${path}: expected a 16 kHz mono 16-bit WAV file, found ${found}`);
  };
  if (head.toString("latin1", 0, 4) !== "RIFF" || head.toString("latin1", 8, 12) !== "WAVE")
    fail("no RIFF/WAVE header");
  let at = 12;
  while (at + 8 <= head.length) {
    const id = head.toString("latin1", at, at + 4);
    const chunkBytes = head.readUInt32LE(at + 4);
    if (id === "fmt ") {
      const [channels, rateHz, bits] = [
        head.readUInt16LE(at + 10),
        head.readUInt32LE(at + 12),
        head.readUInt16LE(at + 22),
      ];
      if (channels !== 1 || rateHz !== 16_000 || bits !== 16)
        fail(`${channels} channels, ${rateHz} Hz, ${bits} bit`);
    }
    if (id === "data") {
      const dataStart = at + 8;
      // A streamed WAV states no length, or a wrong one: the file's end decides.
      return { dataStart, sampleCount: Math.floor(Math.min(chunkBytes, size - dataStart) / 2) };
    }
    at += 8 + chunkBytes + (chunkBytes % 2);
  }
  return fail("no data chunk in the first 4096 bytes");
}
