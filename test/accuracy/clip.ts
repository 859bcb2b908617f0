import type { Mode, PitchClass } from "@segue/synth";

/** A piece of music whose tempo and key are known. */
export interface Clip {
  readonly name: string;
  readonly truth: ClipTruth;
  /** Its samples, the mean of its channels, at a rate. */
  load(sampleRateHz: number): Promise<Float32Array>;
}

export interface ClipTruth {
  readonly bpm: number;
  readonly key: PitchClass;
  readonly mode: Mode;
}
