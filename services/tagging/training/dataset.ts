import { createMelFrontEnd } from "../src/mel-front-end.ts";
import type { ModelInput } from "../src/model-manifest.ts";
import { makeTrack } from "./make-track.ts";
import { vocabulary } from "./vocabulary.ts";

/** Patches per made track, and so the track's length: about 12 s. */
export const patchesPerTrack = 4;
/** Log-mel values are kept as bytes: 0 to 8 in steps of 1/32, which is finer than what degrading adds. */
export const stepsPerUnit = 32;

export type Dataset = {
  count: number;
  /** [count, patchFrames, bands], in units of 1 / stepsPerUnit. */
  patches: Uint8Array;
  /** [count, vocabulary], 0 or 1. */
  labels: Uint8Array;
};

/** Makes tracks from consecutive seeds and cuts them into labelled patches. */
export function makeDataset(firstSeed: number, tracks: number, input: ModelInput): Dataset {
  const { hop, patchFrames, bands, fftSize, sampleRateHz } = input;
  const frontEnd = createMelFrontEnd(input);
  const patchSize = patchFrames * bands;
  const count = tracks * patchesPerTrack;
  const patches = new Uint8Array(count * patchSize);
  const labels = new Uint8Array(count * vocabulary.length);
  const mel = new Float32Array(patchSize);
  const patchSec = (patchFrames * hop) / sampleRateHz;
  for (let track = 0; track < tracks; track++) {
    const { samples, truthAt } = makeTrack(firstSeed + track, patchesPerTrack * patchSec + 0.1);
    for (let p = 0; p < patchesPerTrack; p++) {
      const index = track * patchesPerTrack + p;
      frontEnd.writeFrames(samples, p * patchFrames * hop + fftSize / 2, patchFrames, mel);
      for (let i = 0; i < patchSize; i++)
        patches[index * patchSize + i] = Math.min(255, (mel[i] ?? 0) * stepsPerUnit);
      const truth = truthAt(p * patchSec, (p + 1) * patchSec);
      vocabulary.forEach(({ isTrue }, tag) => {
        labels[index * vocabulary.length + tag] = isTrue(truth) ? 1 : 0;
      });
    }
  }
  return { count, patches, labels };
}
