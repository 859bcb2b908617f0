import type { TaggingModel } from "./load-model.ts";
import { createMelFrontEnd } from "./mel-front-end.ts";
import { planPatches } from "./plan-patches.ts";
import { patchesPerRun, scorePatches } from "./score-patches.ts";
import type { SampleSource } from "./wav-samples.ts";

export type TrackTags = {
  /** At or above their thresholds, the surest first. */
  tags: { tag: string; score: number }[];
  model: { name: string; version: string; digest: string };
  /** How many patches were averaged. */
  patches: number;
  /** Why there are no tags. */
  reason?: string;
};

/** A track of 12 minutes is heard whole; of a longer one, as much, spread evenly. */
const patchLimit = 240;
/** Patches quieter than this say nothing about the music. */
const silentDb = -60;
/** What is shorter than a patch is repeated to fill one, but not this little. */
const shortestSec = 0.5;

/** Tags a track: scores are means over its audible patches. Reads a few patches at a time. */
export async function tagTrack(
  source: SampleSource,
  model: TaggingModel,
  signal?: AbortSignal,
): Promise<TrackTags> {
  const { labels } = model.manifest;
  const sums = new Float64Array(labels.length);
  let heard = 0;
  for await (const batch of audiblePatches(source, model)) {
    signal?.throwIfAborted();
    const scores = scorePatches(model, batch);
    for (let i = 0; i < scores.length; i++) {
      sums[i % labels.length] = (sums[i % labels.length] ?? 0) + (scores[i] ?? 0);
    }
    heard += scores.length / labels.length;
  }
  return describe(model, sums, heard, source.sampleCount);
}

function describe(model: TaggingModel, sums: Float64Array, heard: number, sampleCount: number): TrackTags {
  const { name, version, files, labels, input } = model.manifest;
  const result = { model: { name, version, digest: files["weights.bin"] }, patches: heard };
  if (heard === 0) {
    const tooShort = sampleCount < shortestSec * input.sampleRateHz;
    return { ...result, tags: [], reason: tooShort ? `shorter than ${shortestSec} s` : "silence" };
  }
  const tags = labels
    .map(({ tag, threshold }, i) => ({ tag, threshold, score: Math.min(1, (sums[i] ?? 0) / heard) }))
    .filter(({ threshold, score }) => threshold !== null && score >= threshold)
    .map(({ tag, score }) => ({ tag, score: Math.round(score * 1e4) / 1e4 }))
    .sort((a, b) => b.score - a.score);
  return tags.length > 0 ? { ...result, tags } : { ...result, tags, reason: "no tag reached its threshold" };
}

/** Log-mel patches of a track, some at a time, without the silent ones. */
async function* audiblePatches(source: SampleSource, model: TaggingModel): AsyncGenerator<Float32Array> {
  const { input } = model.manifest;
  const { hop, fftSize, patchFrames, bands, sampleRateHz } = input;
  const frontEnd = createMelFrontEnd(input);
  const patchSize = patchFrames * bands;
  const batch = new Float32Array(patchesPerRun * patchSize);
  let filled = 0;
  const starts = planPatches(source.sampleCount, input, patchLimit);
  const repeats = starts.length === 0 && source.sampleCount >= shortestSec * sampleRateHz;
  for (const start of repeats ? [0] : starts) {
    const from = Math.max(0, start * hop - fftSize / 2);
    const count = (patchFrames - 1) * hop + fftSize;
    const read = await source.read(from, count);
    const samples = repeats ? repeat(read, count) : read;
    if (loudnessDb(samples) < silentDb) continue;
    frontEnd.writeFrames(samples, start * hop - from, patchFrames, batch.subarray(filled * patchSize));
    if (++filled < patchesPerRun) continue;
    yield batch;
    filled = 0;
  }
  if (filled > 0) yield batch.subarray(0, filled * patchSize);
}

function repeat(samples: Float32Array, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => samples[i % samples.length] ?? 0);
}

/** Root mean square in dB relative to full scale. */
function loudnessDb(samples: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (samples[i] ?? 0) ** 2;
  return 10 * Math.log10(sum / samples.length + 1e-20);
}
