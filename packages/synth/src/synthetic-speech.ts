import { filterInPlace, mixInto, normalisePeak } from "./filter.ts";
import { createRandom, type Random } from "./random.ts";
import type { SignalLength } from "./signals.ts";

/** First three formants of vowels in Hz (men; Peterson and Barney 1952). */
const vowels = [
  [270, 2290, 3010],
  [390, 1990, 2550],
  [530, 1840, 2480],
  [660, 1720, 2410],
  [730, 1090, 2440],
  [570, 840, 2410],
  [440, 1020, 2240],
  [300, 870, 2240],
  [640, 1190, 2390],
] as const;

const formantGains = [2, 1.4, 0.8];

type Voice = { pitchHz: number; size: number; breath: number };
type Formants = readonly [number, number, number];

/** One voiced stretch: glottal pulses through three resonators that glide from one vowel to the next. */
function speakVowels(
  random: Random,
  rate: number,
  voice: Voice,
  length: number,
  from: Formants,
  to: Formants,
) {
  const out = new Float32Array(length);
  const startHz = voice.pitchHz * random.between(0.9, 1.25);
  const endHz = startHz * random.between(0.75, 1.1);
  const states = [0, 0, 0].map(() => ({ y1: 0, y2: 0, b: 0, c: 0, gain: 0 }));
  let phase = 0;
  for (let i = 0; i < length; i++) {
    const progress = i / length;
    if (i % 80 === 0) {
      states.forEach((state, f) => {
        const centre = voice.size * ((from[f] ?? 500) * (1 - progress) + (to[f] ?? 500) * progress);
        const radius = Math.exp((-Math.PI * (60 + 40 * f)) / rate);
        state.b = 2 * radius * Math.cos((2 * Math.PI * centre) / rate);
        state.c = -radius * radius;
        state.gain = (1 - radius) * (formantGains[f] ?? 0);
      });
    }
    phase += ((startHz * (1 - progress) + endHz * progress) * (1 + 0.01 * (random.next() - 0.5))) / rate;
    if (phase >= 1) phase -= 1;
    // Rosenberg-like pulse: opens over 40 % of the period, shuts over 16 %.
    const flow =
      phase < 0.4
        ? 0.5 - 0.5 * Math.cos((Math.PI * phase) / 0.4)
        : phase < 0.56
          ? Math.cos((Math.PI * (phase - 0.4)) / 0.32)
          : 0;
    const source = flow - 0.25 + voice.breath * random.between(-1, 1);
    let sum = 0;
    for (const state of states) {
      const y = source * state.gain + state.b * state.y1 + state.c * state.y2;
      state.y2 = state.y1;
      state.y1 = y;
      sum += y;
    }
    out[i] = sum * Math.min(1, (12 * i) / length, (8 * (length - i)) / length);
  }
  return out;
}

/** A fricative or the burst of a stop. */
function speakNoise(random: Random, rate: number, length: number, frequencyHz: number): Float32Array {
  const out = Float32Array.from({ length }, () => random.between(-1, 1));
  filterInPlace(out, rate, { kind: "bandpass", frequencyHz, q: 1.2 });
  return out.map((value, i) => value * Math.sin((Math.PI * i) / length));
}

/**
 * Babble with the rhythm, pitch contours, formant glides, fricatives and pauses of speech (3 to 5 syllables a second), no
 * words. Mono, peak 0.7.
 */
export function syntheticSpeech(options: SignalLength & { seed: number }): Float32Array {
  const { durationSec, sampleRateHz = 44_100, seed } = options;
  const random = createRandom(seed);
  const voice: Voice = {
    pitchHz: random.between(90, 230),
    size: random.between(0.95, 1.2),
    breath: random.between(0.005, 0.04),
  };
  const out = new Float32Array(Math.round(durationSec * sampleRateHz));
  let atSec = random.between(0, 0.1);
  let from: Formants = random.pick(vowels);
  while (atSec < durationSec) {
    const syllables = 3 + random.below(9);
    for (let s = 0; s < syllables && atSec < durationSec; s++) {
      if (random.chance(0.65)) {
        const noiseSec = random.chance(0.5) ? random.between(0.06, 0.14) : random.between(0.01, 0.03);
        const noise = speakNoise(
          random,
          sampleRateHz,
          Math.round(noiseSec * sampleRateHz),
          random.between(1800, 6500),
        );
        mixInto(out, noise, Math.round(atSec * sampleRateHz), random.between(0.03, 0.12));
        atSec += noiseSec * 0.9;
      }
      const to: Formants = random.pick(vowels);
      const voicedSec = random.between(0.09, 0.26);
      const voiced = speakVowels(random, sampleRateHz, voice, Math.round(voicedSec * sampleRateHz), from, to);
      mixInto(out, voiced, Math.round(atSec * sampleRateHz), random.between(0.6, 1));
      atSec += voicedSec + (random.chance(0.3) ? random.between(0.02, 0.06) : 0);
      from = to;
    }
    atSec += random.between(0.15, 0.7);
  }
  normalisePeak(out, 0.7);
  return out;
}
