export type Envelope = {
  attackSec: number;
  decaySec: number;
  /** Level after the decay, 0 to 1. */
  sustain: number;
  releaseSec: number;
};

/** Samples that a note of this length takes, its release included. */
export function noteLength(durationSec: number, releaseSec: number, sampleRateHz: number): number {
  return Math.max(1, Math.round((durationSec + releaseSec) * sampleRateHz));
}

/** Shapes a note in place: linear attack, exponential approach to the sustain level, linear release after `heldSec`. */
export function applyEnvelope(
  samples: Float32Array,
  sampleRateHz: number,
  heldSec: number,
  { attackSec, decaySec, sustain, releaseSec }: Envelope,
): void {
  const attack = Math.max(1, attackSec * sampleRateHz);
  const held = heldSec * sampleRateHz;
  const release = Math.max(1, releaseSec * sampleRateHz);
  const decay = Math.exp(-3 / Math.max(1, decaySec * sampleRateHz));
  let above = 1 - sustain;
  for (let i = 0; i < samples.length; i++) {
    let level = sustain + above;
    if (i < attack) level = i / attack;
    else above *= decay;
    if (i > held) level *= Math.max(0, 1 - (i - held) / release);
    samples[i] = (samples[i] ?? 0) * level;
  }
}
