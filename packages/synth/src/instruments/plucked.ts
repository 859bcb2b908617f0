import { applyEnvelope, noteLength } from "../envelope.ts";
import { filterInPlace, normalisePeak } from "../filter.ts";
import type { Random } from "../random.ts";
import { midiToHz } from "../theory.ts";
import type { InstrumentFactory, Tone } from "./instrument.ts";

type Pluck = { brightness: number; decaySec: number; position: number };

/**
 * A plucked string (Karplus and Strong 1983, with the fractional-delay tuning of Jaffe and Smith 1983): noise through a
 * comb at the pluck position, then a delay line with a lossy averaging filter.
 */
function pluckString(
  random: Random,
  { midi, sampleRateHz }: Tone,
  length: number,
  pluck: Pluck,
): Float32Array {
  const frequencyHz = midiToHz(midi);
  const mix = 0.5 + 0.45 * pluck.brightness; // weight of the newer sample in the loop filter
  const exact = sampleRateHz / frequencyHz - (1 - mix);
  const period = Math.max(2, Math.floor(exact));
  const fraction = exact - period;
  const line = Float32Array.from({ length: period + 1 }, () => random.between(-1, 1));
  const offset = Math.max(1, Math.round(period * pluck.position));
  const excitation = line.map((value, i) => value - (line[(i + offset) % line.length] ?? 0));
  line.set(excitation);
  const loss = 0.001 ** (1 / (frequencyHz * pluck.decaySec));
  const out = new Float32Array(length);
  let index = 0;
  let previous = 0;
  for (let i = 0; i < length; i++) {
    const next = index === period ? 0 : index + 1;
    // Reading between the two oldest samples tunes the line to a fraction of a sample.
    const value = (line[next] ?? 0) * (1 - fraction) + (line[index] ?? 0) * fraction;
    out[i] = value;
    line[index] = loss * (mix * value + (1 - mix) * previous);
    previous = value;
    index = next;
  }
  return out;
}

/** Acoustic or driven electric guitar. */
export const createGuitar: InstrumentFactory = (random) => {
  const pluck: Pluck = {
    brightness: random.between(0.1, 0.95),
    decaySec: random.between(1.5, 5),
    position: random.between(0.1, 0.35),
  };
  const drive = random.chance(0.35) ? random.between(2, 12) : 0;
  const bodyHz = random.between(2500, 6000);
  return (tone) => {
    const releaseSec = 0.15;
    const out = pluckString(random, tone, noteLength(tone.durationSec, releaseSec, tone.sampleRateHz), pluck);
    normalisePeak(out, 1);
    if (drive > 0) for (let i = 0; i < out.length; i++) out[i] = Math.tanh(drive * (out[i] ?? 0));
    filterInPlace(out, tone.sampleRateHz, { kind: "lowpass", frequencyHz: bodyHz, q: 0.8 });
    filterInPlace(out, tone.sampleRateHz, { kind: "highpass", frequencyHz: 80, q: 0.7 });
    const held = { attackSec: 0.002, decaySec: 1, sustain: 1, releaseSec };
    applyEnvelope(out, tone.sampleRateHz, tone.durationSec, held);
    normalisePeak(out, drive > 0 ? 0.35 : 0.5);
    return out;
  };
};

/** A bass string, played with more or less of its upper partials. */
export function createStringBass(random: Random): (tone: Tone) => Float32Array {
  const pluck: Pluck = { brightness: random.between(0, 0.5), decaySec: random.between(1, 4), position: 0.2 };
  const cutoffHz = random.between(400, 1400);
  return (tone) => {
    const releaseSec = 0.06;
    const out = pluckString(random, tone, noteLength(tone.durationSec, releaseSec, tone.sampleRateHz), pluck);
    filterInPlace(out, tone.sampleRateHz, { kind: "lowpass", frequencyHz: cutoffHz, q: 0.8 });
    filterInPlace(out, tone.sampleRateHz, { kind: "highpass", frequencyHz: 30, q: 0.7 });
    const held = { attackSec: 0.003, decaySec: 1, sustain: 1, releaseSec };
    applyEnvelope(out, tone.sampleRateHz, tone.durationSec, held);
    normalisePeak(out, 0.7);
    return out;
  };
}
