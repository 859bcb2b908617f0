import { applyEnvelope, noteLength } from "../envelope.ts";
import { filterInPlace, normalisePeak } from "../filter.ts";
import { addOscillator, bandLimitedHarmonics, createWavetable } from "../oscillator.ts";
import { midiToHz } from "../theory.ts";
import type { InstrumentFactory } from "./instrument.ts";
import { createStringBass } from "./plucked.ts";

/** A bass: a plucked string, or a filtered saw, square or near-sine oscillator. */
export const createBass: InstrumentFactory = (random) => {
  if (random.chance(0.5)) return createStringBass(random);
  const shape = { tilt: random.between(1, 2.4), odd: random.chance(0.4) };
  const cutoffHz = random.between(250, 1600);
  const envelope = {
    attackSec: 0.004,
    decaySec: random.between(0.2, 0.8),
    sustain: random.between(0.3, 0.9),
    releaseSec: 0.05,
  };
  return ({ midi, durationSec, sampleRateHz }) => {
    const frequencyHz = midiToHz(midi);
    const out = new Float32Array(noteLength(durationSec, envelope.releaseSec, sampleRateHz));
    const table = createWavetable(bandLimitedHarmonics(frequencyHz, sampleRateHz, shape));
    addOscillator(out, table, sampleRateHz, { frequencyHz, gain: 1 });
    filterInPlace(out, sampleRateHz, { kind: "lowpass", frequencyHz: cutoffHz, q: 0.9 });
    applyEnvelope(out, sampleRateHz, durationSec, envelope);
    normalisePeak(out, 0.7);
    return out;
  };
};
