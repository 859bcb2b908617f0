import { filterInPlace, mixInto } from "./filter.ts";
import { createRandom } from "./random.ts";

/** Length and rate of a mono test signal; 44.1 kHz unless said otherwise. */
export type SignalLength = { durationSec: number; sampleRateHz?: number };

const lengthOf = ({ durationSec, sampleRateHz = 44_100 }: SignalLength): number =>
  Math.round(durationSec * sampleRateHz);

/** Digital silence. */
export function silence(length: SignalLength): Float32Array {
  return new Float32Array(lengthOf(length));
}

/** Uniform white noise in -amplitude to amplitude. */
export function whiteNoise(options: SignalLength & { seed: number; amplitude?: number }): Float32Array {
  const random = createRandom(options.seed);
  const amplitude = options.amplitude ?? 0.5;
  const out = silence(options);
  for (let i = 0; i < out.length; i++) out[i] = random.between(-amplitude, amplitude);
  return out;
}

/** Pink noise, -3 dB per octave within 0.05 dB above 10 Hz at 44.1 kHz (Paul Kellet's filter); about `amplitude` at its peaks. */
export function pinkNoise(options: SignalLength & { seed: number; amplitude?: number }): Float32Array {
  const white = whiteNoise({ ...options, amplitude: 1 });
  const gain = (options.amplitude ?? 0.5) * 0.18;
  const poles = [0.99886, 0.99332, 0.969, 0.8665, 0.55, -0.7616];
  const gains = [0.0555179, 0.0750759, 0.153852, 0.3104856, 0.5329522, -0.016898];
  const state = poles.map(() => 0);
  let late = 0;
  return white.map((value) => {
    let sum = late + value * 0.5362;
    for (let k = 0; k < poles.length; k++) {
      const next = (poles[k] ?? 0) * (state[k] ?? 0) + value * (gains[k] ?? 0);
      state[k] = next;
      sum += next;
    }
    late = value * 0.115926;
    return sum * gain;
  });
}

/** A sine from phase 0. */
export function sine(options: SignalLength & { frequencyHz: number; amplitude?: number }): Float32Array {
  const step = (2 * Math.PI * options.frequencyHz) / (options.sampleRateHz ?? 44_100);
  const amplitude = options.amplitude ?? 0.5;
  return silence(options).map((_, i) => amplitude * Math.sin(step * i));
}

/** A metronome: a 20 ms click on every beat from 0, each fourth one higher. */
export function clickTrack(options: SignalLength & { bpm: number; amplitude?: number }): Float32Array {
  const { bpm, sampleRateHz = 44_100, amplitude = 0.8 } = options;
  const out = silence(options);
  const clicks = [1600, 1000].map((frequencyHz) => {
    const click = sine({ durationSec: 0.02, sampleRateHz, frequencyHz, amplitude });
    return click.map((value, i) => value * Math.exp((-6 * i) / click.length));
  });
  const [accent, plain] = clicks;
  for (let beat = 0; (beat * 60) / bpm < options.durationSec; beat++) {
    const click = beat % 4 === 0 ? accent : plain;
    if (click) mixInto(out, click, Math.round(((beat * 60) / bpm) * sampleRateHz), 1);
  }
  return out;
}

/** Noise in a band, for wind, sea and hiss. */
export function bandNoise(
  options: SignalLength & { seed: number; frequencyHz: number; q: number; amplitude?: number },
): Float32Array {
  const out = whiteNoise(options);
  const { frequencyHz, q, sampleRateHz = 44_100 } = options;
  filterInPlace(out, sampleRateHz, { kind: "bandpass", frequencyHz, q });
  return out;
}
