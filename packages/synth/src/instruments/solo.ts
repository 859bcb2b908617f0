import { applyEnvelope, noteLength } from "../envelope.ts";
import { filtered, filterInPlace, mixInto, normalisePeak } from "../filter.ts";
import { addOscillator, bandLimitedHarmonics, createWavetable } from "../oscillator.ts";
import { midiToHz } from "../theory.ts";
import type { InstrumentFactory } from "./instrument.ts";

/** A synthesiser lead: saw or square, bright, with vibrato. */
export const createLead: InstrumentFactory = (random) => {
  const shape = { tilt: random.between(0.7, 1.1), odd: random.chance(0.5) };
  const cutoffHz = random.between(2500, 7500);
  const vibratoCents = random.between(0, 18);
  const unison = random.between(1.002, 1.008);
  const envelope = {
    attackSec: 0.008,
    decaySec: random.between(0.1, 0.5),
    sustain: random.between(0.5, 0.9),
    releaseSec: 0.12,
  };
  return ({ midi, durationSec, sampleRateHz }) => {
    const frequencyHz = midiToHz(midi);
    const out = new Float32Array(noteLength(durationSec, envelope.releaseSec, sampleRateHz));
    const table = createWavetable(bandLimitedHarmonics(frequencyHz * unison, sampleRateHz, shape));
    addOscillator(out, table, sampleRateHz, { frequencyHz, gain: 0.6, vibratoHz: 5.5, vibratoCents });
    addOscillator(out, table, sampleRateHz, {
      frequencyHz: frequencyHz * unison,
      gain: 0.4,
      phase: 0.3,
      vibratoHz: 5.5,
      vibratoCents,
    });
    filterInPlace(out, sampleRateHz, { kind: "lowpass", frequencyHz: cutoffHz, q: 1 });
    applyEnvelope(out, sampleRateHz, durationSec, envelope);
    normalisePeak(out, 0.4);
    return out;
  };
};

/** A flute: a few harmonics, breath noise around the pitch, vibrato that grows out of the note. */
export const createFlute: InstrumentFactory = (random) => {
  const harmonics = [
    1,
    random.between(0.15, 0.6),
    random.between(0.05, 0.3),
    random.between(0.02, 0.1),
    0.02,
  ];
  const breath = random.between(0.06, 0.25);
  const vibratoHz = random.between(4.5, 6);
  const vibratoCents = random.between(5, 18);
  const tremolo = random.between(0.05, 0.2);
  const envelope = { attackSec: random.between(0.04, 0.12), decaySec: 1, sustain: 0.9, releaseSec: 0.12 };
  const table = createWavetable(harmonics);
  return ({ midi, durationSec, sampleRateHz }) => {
    const frequencyHz = midiToHz(midi);
    const out = new Float32Array(noteLength(durationSec, envelope.releaseSec, sampleRateHz));
    addOscillator(out, table, sampleRateHz, { frequencyHz, gain: 1, vibratoHz, vibratoCents });
    const noise = Float32Array.from({ length: out.length }, () => random.between(-1, 1));
    mixInto(
      out,
      filtered(noise, sampleRateHz, { kind: "bandpass", frequencyHz: frequencyHz * 2, q: 1 }),
      0,
      breath,
    );
    const step = (2 * Math.PI * vibratoHz) / sampleRateHz;
    for (let i = 0; i < out.length; i++)
      out[i] = (out[i] ?? 0) * (1 - tremolo * (0.5 + 0.5 * Math.sin(step * i)));
    applyEnvelope(out, sampleRateHz, durationSec, envelope);
    normalisePeak(out, 0.45);
    return out;
  };
};
