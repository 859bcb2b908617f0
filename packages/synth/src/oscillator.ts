const tableSize = 2048;

/**
 * One cycle of a wave as `tableSize` samples and a guard sample, from the amplitudes of its harmonics (the first is
 * the fundamental), peak 1.
 */
export function createWavetable(harmonics: readonly number[]): Float32Array {
  const table = new Float32Array(tableSize + 1);
  harmonics.forEach((amplitude, h) => {
    if (amplitude === 0) return;
    const step = (2 * Math.PI * (h + 1)) / tableSize;
    for (let i = 0; i < tableSize; i++) table[i] = (table[i] ?? 0) + amplitude * Math.sin(step * i);
  });
  const peak = table.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  for (let i = 0; i < tableSize; i++) table[i] = (table[i] ?? 0) / peak;
  table[tableSize] = table[0] ?? 0;
  return table;
}

/** Harmonics 1/n^tilt under the Nyquist frequency (at most 64): a saw at tilt 1; `odd` keeps the odd ones, a square. */
export function bandLimitedHarmonics(
  frequencyHz: number,
  sampleRateHz: number,
  shape: { tilt: number; odd?: boolean },
): number[] {
  const count = Math.max(1, Math.min(64, Math.floor(sampleRateHz / 2.2 / frequencyHz)));
  return Array.from({ length: count }, (_, h) => (shape.odd && h % 2 === 1 ? 0 : (h + 1) ** -shape.tilt));
}

export type Oscillation = {
  frequencyHz: number;
  gain: number;
  /** Start, in cycles. */
  phase?: number;
  vibratoHz?: number;
  vibratoCents?: number;
};

/** Adds a wavetable played at a pitch to `out`. Vibrato is updated every 32 samples. */
export function addOscillator(
  out: Float32Array,
  table: Float32Array,
  sampleRateHz: number,
  { frequencyHz, gain, phase = 0, vibratoHz = 0, vibratoCents = 0 }: Oscillation,
): void {
  const step = (frequencyHz / sampleRateHz) * tableSize;
  const vibratoStep = (2 * Math.PI * vibratoHz) / sampleRateHz;
  let position = (phase - Math.floor(phase)) * tableSize;
  for (let start = 0; start < out.length; start += 32) {
    const cents = vibratoCents === 0 ? 0 : vibratoCents * Math.sin(vibratoStep * start + phase);
    const bent = cents === 0 ? step : step * (1 + cents * 0.00057779); // 2^(1/1200) - 1
    const end = Math.min(out.length, start + 32);
    for (let i = start; i < end; i++) {
      const index = position | 0;
      const low = table[index] ?? 0;
      out[i] = (out[i] ?? 0) + gain * (low + (position - index) * ((table[index + 1] ?? 0) - low));
      position += bent;
      if (position >= tableSize) position -= tableSize;
    }
  }
}

/** Adds a sine that decays exponentially (to 1/1000 in `decaySec`), by the two-term recurrence: no call to sin per sample. */
export function addDecayingSine(
  out: Float32Array,
  sampleRateHz: number,
  {
    frequencyHz,
    gain,
    decaySec,
    phase = 0,
  }: { frequencyHz: number; gain: number; decaySec: number; phase?: number },
): void {
  const radius = 0.001 ** (1 / (decaySec * sampleRateHz));
  const step = (2 * Math.PI * frequencyHz) / sampleRateHz;
  const a = 2 * radius * Math.cos(step);
  const b = radius * radius;
  let older = gain * Math.sin(phase - step) * (1 / radius);
  let newer = gain * Math.sin(phase);
  for (let i = 0; i < out.length; i++) {
    out[i] = (out[i] ?? 0) + newer;
    const value = a * newer - b * older;
    older = newer;
    newer = value;
  }
}
