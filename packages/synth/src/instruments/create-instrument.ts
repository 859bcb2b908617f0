import type { Random } from "../random.ts";
import type { InstrumentName } from "../score.ts";
import { createBass } from "./bass.ts";
import { createDrums } from "./drums.ts";
import { createChoir, createPad, createStrings } from "./ensemble.ts";
import type { Instrument, InstrumentFactory, Tone } from "./instrument.ts";
import { createPiano } from "./piano.ts";
import { createGuitar } from "./plucked.ts";
import { createFlute, createLead } from "./solo.ts";

const factories: Record<InstrumentName, InstrumentFactory> = {
  drums: createDrums,
  bass: createBass,
  guitar: createGuitar,
  piano: createPiano,
  pad: createPad,
  strings: createStrings,
  lead: createLead,
  flute: createFlute,
  choir: createChoir,
};

/** An instrument with a timbre of its own. Notes of the same pitch and length are rendered once and shared. */
export function createInstrument(name: InstrumentName, random: Random): Instrument {
  const play = factories[name](random);
  const rendered = new Map<string, Float32Array>();
  return (tone: Tone) => {
    const key = `${tone.midi}/${Math.round(tone.durationSec * 200)}/${tone.sampleRateHz}`;
    let samples = rendered.get(key);
    if (!samples) {
      samples = play(tone);
      rendered.set(key, samples);
    }
    return samples;
  };
}
