import {
  addPatches,
  beginning,
  describeNothing,
  describeTrack,
  type TagProgress,
  type TrackTags,
} from "./describe-track.ts";
import type { TaggingModel } from "./load-model.ts";
import { createMelFrontEnd, type MelFrontEnd } from "./mel-front-end.ts";
import type { ModelInput } from "./model-manifest.ts";
import { planPatches } from "./plan-patches.ts";
import { patchesPerRun, scorePatches } from "./score-patches.ts";
import type { SampleSource } from "./wav-samples.ts";

/** A track of 12 minutes is heard whole; of a longer one, as much, spread evenly. */
const patchLimit = 240;
/** Patches quieter than this say nothing about the music. */
const silentDb = -60;
/** What is shorter than a patch is repeated to fill one, but not this little. */
const shortestSec = 0.5;

/**
 * Tags a track: scores are means over its audible patches. Reads and scores a few patches at a time, and tells after each such piece
 * where it has come to; taken up from there, it comes to the same result to the bit.
 */
export async function* tagTrack(
  source: SampleSource,
  model: TaggingModel,
  from: TagProgress = beginning,
  signal?: AbortSignal,
): AsyncGenerator<TagProgress, TrackTags, void> {
  const { input } = model.manifest;
  const plan = planTrack(source, model);
  const frontEnd = createMelFrontEnd(input);
  let progress = from;
  while (progress.done < plan.starts.length) {
    signal?.throwIfAborted();
    const starts = plan.starts.slice(progress.done, progress.done + patchesPerRun);
    const scored = scorePatches(model, await audiblePatches(source, frontEnd, { ...plan, starts }, input));
    const startSec = ((starts[0] ?? 0) * input.hop) / input.sampleRateHz;
    progress = addPatches(progress, model.manifest, scored, { starts: starts.length, startSec });
    if (progress.done < plan.starts.length) yield progress;
  }
  if (progress.heard > 0) return describeTrack(model, progress);
  const isShort = source.sampleCount < shortestSec * input.sampleRateHz;
  return describeNothing(model, isShort ? `shorter than ${shortestSec} s` : "silence");
}

/** The first frame of each patch; `repeats`: the track is shorter than one, and is repeated to fill it. */
type Plan = { readonly starts: readonly number[]; readonly repeats: boolean };

function planTrack({ sampleCount }: SampleSource, { manifest: { input } }: TaggingModel): Plan {
  const starts = planPatches(sampleCount, input, patchLimit);
  const repeats = starts.length === 0 && sampleCount >= shortestSec * input.sampleRateHz;
  return { starts: repeats ? [0] : starts, repeats };
}

/** Log-mel patches of some stretches of a track, laid one after another, without the silent ones. */
async function audiblePatches(
  source: SampleSource,
  frontEnd: MelFrontEnd,
  { starts, repeats }: Plan,
  { hop, fftSize, patchFrames, bands }: ModelInput,
): Promise<Float32Array> {
  const patchSize = patchFrames * bands;
  const batch = new Float32Array(starts.length * patchSize);
  const count = (patchFrames - 1) * hop + fftSize;
  const firstSample = (start: number) => Math.max(0, start * hop - fftSize / 2);
  const stretches = await Promise.all(
    starts.map(async (start) => ({ start, read: await source.read(firstSample(start), count) })),
  );
  let filled = 0;
  for (const { start, read } of stretches) {
    const samples = repeats ? repeat(read, count) : read;
    if (loudnessDb(samples) < silentDb) continue;
    const centre = start * hop - firstSample(start);
    frontEnd.writeFrames(samples, centre, patchFrames, batch.subarray(filled * patchSize));
    filled++;
  }
  return batch.subarray(0, filled * patchSize);
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
