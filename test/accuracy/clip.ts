import type { Mode, PitchClass } from "@segue/synth";

/** A piece of music whose tempo, and maybe key, are known. */
export interface Clip {
  readonly name: string;
  /** What it has in common with others: a package, a groove, a style. What was chosen on some of them says little of the rest. */
  readonly group: string;
  readonly truth: ClipTruth;
  /** Its samples, the mean of its channels, at a rate. */
  load(sampleRateHz: number): Promise<Float32Array>;
}

export interface ClipTruth {
  readonly bpm: number;
  /** Null where nobody knows. */
  readonly key: PitchClass | null;
  readonly mode: Mode | null;
}
