export type FilterShape = { kind: "lowpass" | "highpass" | "bandpass"; frequencyHz: number; q: number };

/** Filters in place with one biquad (Robert Bristow-Johnson, Audio EQ Cookbook; the band-pass has 0 dB at its peak). */
export function filterInPlace(samples: Float32Array, sampleRateHz: number, shape: FilterShape): void {
  const omega = (2 * Math.PI * Math.min(shape.frequencyHz, 0.47 * sampleRateHz)) / sampleRateHz;
  const alpha = Math.sin(omega) / (2 * shape.q);
  const cos = Math.cos(omega);
  const numerators = {
    lowpass: [(1 - cos) / 2, 1 - cos, (1 - cos) / 2],
    highpass: [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2],
    bandpass: [alpha, 0, -alpha],
  } as const;
  const scale = 1 / (1 + alpha);
  const [n0, n1, n2] = numerators[shape.kind];
  const [b0, b1, b2] = [n0 * scale, n1 * scale, n2 * scale];
  const a1 = -2 * cos * scale;
  const a2 = (1 - alpha) * scale;
  let z1 = 0;
  let z2 = 0;
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i] ?? 0;
    const y = b0 * x + z1;
    z1 = b1 * x - a1 * y + z2;
    z2 = b2 * x - a2 * y;
    samples[i] = y;
  }
}

/** A copy through the filter. */
export function filtered(samples: Float32Array, sampleRateHz: number, shape: FilterShape): Float32Array {
  const copy = samples.slice();
  filterInPlace(copy, sampleRateHz, shape);
  return copy;
}

/** Scales in place so that the largest magnitude is `peak`; silence stays silent. */
export function normalisePeak(samples: Float32Array, peak: number): void {
  let most = 0;
  for (let i = 0; i < samples.length; i++) most = Math.max(most, Math.abs(samples[i] ?? 0));
  if (most === 0) return;
  const gain = peak / most;
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i] ?? 0) * gain;
}

/** Adds `source * gain` to `target` from sample `at`; what falls outside the target is dropped. */
export function mixInto(target: Float32Array, source: Float32Array, at: number, gain: number): void {
  const end = Math.min(source.length, target.length - at);
  for (let i = Math.max(0, -at); i < end; i++) {
    target[at + i] = (target[at + i] ?? 0) + gain * (source[i] ?? 0);
  }
}
