/** Gains of each source channel into the channels of canonical PCM: a row for one, or for left and right. */
export type StereoMix = readonly (readonly number[])[];

const half = Math.SQRT1_2;

/** Gain of each kind of channel into the left and the right output, as in ITU-R BS.775; low frequencies are dropped. */
const intoStereo: Readonly<Record<string, readonly [left: number, right: number]>> = {
  FL: [1, 0],
  FR: [0, 1],
  FC: [half, half],
  LFE: [0, 0],
  BL: [half, 0],
  BR: [0, half],
  SL: [half, 0],
  SR: [0, half],
  BC: [0.5, 0.5],
  FLC: [1, 0],
  FRC: [0, 1],
};

/**
 * Mono and stereo as they are, more as BS.775 has it, so that what is in front left and right keeps its level. Where all channels
 * are loud at once the sum may pass full scale: what is done about that depends on the sum, see `decode`.
 */
export function stereoMixOf(names: readonly string[]): StereoMix {
  if (names.length === 1) return [[1]];
  if (names.length === 2) return [[1, 0], [0, 1]]; // biome-ignore format: a matrix
  return [names.map((name) => intoStereo[name]?.[0] ?? 0), names.map((name) => intoStereo[name]?.[1] ?? 0)];
}

/** How many times full scale the sum can reach where every channel is at full scale: 2.41 for 5.1. */
export function largestSum(mix: StereoMix): number {
  return Math.max(...mix.map((row) => row.reduce((sum, gain) => sum + gain, 0)));
}

/** Mixes interleaved frames of `mix[0].length` channels; `into` takes frames of `mix.length` channels. */
export function mixInto(mix: StereoMix, frames: Float32Array, into: Float32Array): void {
  const outputs = mix.length;
  const inputs = mix[0]?.length ?? 0;
  for (const [output, row] of mix.entries()) {
    const terms = [...row.entries()].filter(([, gain]) => gain !== 0);
    for (let from = 0, to = output; from < frames.length; from += inputs, to += outputs) {
      let sum = 0;
      for (const [input, gain] of terms) sum += gain * (frames[from + input] as number);
      into[to] = sum;
    }
  }
}
