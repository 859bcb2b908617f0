import { applyEnvelope, noteLength } from "../envelope.ts";
import { filtered, filterInPlace, mixInto, normalisePeak } from "../filter.ts";
import { addOscillator, bandLimitedHarmonics, createWavetable } from "../oscillator.ts";
import type { Random } from "../random.ts";
import { midiToHz } from "../theory.ts";
import type { InstrumentFactory, Tone } from "./instrument.ts";

type Ensemble = { players: number; spreadCents: number; tilt: number; vibratoCents: number; odd?: boolean };

/** Several detuned players of one saw-like wave, each with a vibrato of its own. */
function playTogether(random: Random, tone: Tone, length: number, ensemble: Ensemble): Float32Array {
  const out = new Float32Array(length);
  const frequencyHz = midiToHz(tone.midi);
  const table = createWavetable(bandLimitedHarmonics(frequencyHz * 1.03, tone.sampleRateHz, ensemble));
  for (let player = 0; player < ensemble.players; player++) {
    const cents = random.between(-ensemble.spreadCents, ensemble.spreadCents);
    addOscillator(out, table, tone.sampleRateHz, {
      frequencyHz: frequencyHz * 2 ** (cents / 1200),
      gain: 1 / ensemble.players,
      phase: random.next(),
      vibratoHz: random.between(4.5, 6.2),
      vibratoCents: ensemble.vibratoCents * random.between(0.7, 1.3),
    });
  }
  return out;
}

/** A synthesiser pad: detuned oscillators, slow attack, a dark filter. */
export const createPad: InstrumentFactory = (random) => {
  const ensemble = {
    players: 3,
    spreadCents: random.between(4, 14),
    tilt: random.between(0.9, 1.5),
    vibratoCents: 0,
  };
  const odd = random.chance(0.3);
  const cutoffHz = random.between(600, 3000);
  const envelope = {
    attackSec: random.between(0.15, 0.6),
    decaySec: 2,
    sustain: 0.8,
    releaseSec: random.between(0.4, 1),
  };
  return (tone) => {
    const length = noteLength(tone.durationSec, envelope.releaseSec, tone.sampleRateHz);
    const out = playTogether(random, tone, length, { ...ensemble, odd });
    filterInPlace(out, tone.sampleRateHz, { kind: "lowpass", frequencyHz: cutoffHz, q: 0.8 });
    applyEnvelope(out, tone.sampleRateHz, tone.durationSec, envelope);
    normalisePeak(out, 0.4);
    return out;
  };
};

/** A string section: bowed saws with vibrato through the resonances of a violin's body, and some bow noise. */
export const createStrings: InstrumentFactory = (random) => {
  const ensemble = {
    players: 4,
    spreadCents: random.between(5, 12),
    tilt: random.between(0.8, 1.15),
    vibratoCents: random.between(8, 20),
  };
  const bodyHz = random.between(380, 560);
  const bridgeHz = random.between(2000, 3200);
  const bow = random.between(0.01, 0.05);
  const envelope = { attackSec: random.between(0.06, 0.25), decaySec: 1, sustain: 0.9, releaseSec: 0.3 };
  return (tone) => {
    const { sampleRateHz } = tone;
    const length = noteLength(tone.durationSec, envelope.releaseSec, sampleRateHz);
    const dry = playTogether(random, tone, length, ensemble);
    for (let i = 0; i < length; i++) dry[i] = (dry[i] ?? 0) + bow * random.between(-1, 1);
    const out = filtered(dry, sampleRateHz, { kind: "bandpass", frequencyHz: bodyHz, q: 0.9 });
    mixInto(out, filtered(dry, sampleRateHz, { kind: "bandpass", frequencyHz: bridgeHz, q: 0.8 }), 0, 1.2);
    mixInto(out, dry, 0, 0.3);
    applyEnvelope(out, sampleRateHz, tone.durationSec, envelope);
    normalisePeak(out, 0.4);
    return out;
  };
};

/** Formants of sung vowels, in Hz (after Peterson and Barney 1952). */
const vowels = [
  [660, 1120, 2750],
  [440, 1020, 2240],
  [300, 870, 2240],
  [530, 1840, 2480],
] as const;

/** A choir: detuned voices with vibrato through the formants of a vowel. */
export const createChoir: InstrumentFactory = (random) => {
  const ensemble = {
    players: 4,
    spreadCents: random.between(10, 22),
    tilt: 1.2,
    vibratoCents: random.between(15, 35),
  };
  const vowel = random.pick(vowels);
  const breath = random.between(0.01, 0.04);
  const envelope = { attackSec: random.between(0.1, 0.3), decaySec: 1, sustain: 0.9, releaseSec: 0.35 };
  return (tone) => {
    const { sampleRateHz } = tone;
    const length = noteLength(tone.durationSec, envelope.releaseSec, sampleRateHz);
    const dry = playTogether(random, tone, length, ensemble);
    for (let i = 0; i < length; i++) dry[i] = (dry[i] ?? 0) + breath * random.between(-1, 1);
    const out = new Float32Array(length);
    vowel.forEach((frequencyHz, formant) => {
      const band = filtered(dry, sampleRateHz, { kind: "bandpass", frequencyHz, q: 5 + 3 * formant });
      mixInto(out, band, 0, [1, 0.6, 0.3][formant] ?? 0);
    });
    applyEnvelope(out, sampleRateHz, tone.durationSec, envelope);
    normalisePeak(out, 0.4);
    return out;
  };
};
