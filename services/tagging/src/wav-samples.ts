import {
  analysisSampleRateHz,
  monoSamplesOf,
  openSpan,
  readWavInfo,
  type SamplePayload,
  toFloats,
} from "@segue/dsp";

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

/** A `mono16k` payload that is too large to be fetched: each read fetches its own samples. */
export function samplesInRanges(payload: SamplePayload & { readonly sizeBytes: number }): SampleSource {
  const sampleCount = monoSamplesOf(payload);
  return {
    sampleCount,
    async read(start, count) {
      const stretch = { from: start, to: Math.min(sampleCount, start + count) };
      const span = await openSpan(payload, 1, stretch);
      try {
        return toFloats(await span.read(stretch));
      } finally {
        await span[Symbol.asyncDispose]();
      }
    },
  };
}

/** An open mono 16-bit WAV file at 16 kHz. Throws where it is anything else. */
export async function openWavSamples(path: string): Promise<SampleSource & AsyncDisposable> {
  const { channels, sampleRateHz, sampleCount } = await readWavInfo(path);
  if (channels !== 1 || sampleRateHz !== analysisSampleRateHz)
    throw new Error(
      `${path}: expected a 16 kHz mono 16-bit WAV file, found ${channels} channels, ${sampleRateHz} Hz, 16 bit`,
    );
  const isFile = { path, fetchRange: () => Promise.resolve(path) };
  const span = await openSpan(isFile, 1, { from: 0, to: sampleCount });
  return {
    sampleCount,
    async read(start, count) {
      const from = Math.min(start, sampleCount);
      return toFloats(await span.read({ from, to: Math.min(sampleCount, start + count) }));
    },
    [Symbol.asyncDispose]: () => span[Symbol.asyncDispose](),
  };
}
