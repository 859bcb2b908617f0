import { applyEnvelope, noteLength } from "../envelope.ts";
import { filterInPlace, mixInto, normalisePeak } from "../filter.ts";
import { addDecayingSine } from "../oscillator.ts";
import { midiToHz } from "../theory.ts";
import type { InstrumentFactory } from "./instrument.ts";

/**
 * A piano by decaying partials: stiff strings stretch them (f n sqrt(1 + B n^2), Fletcher 1964), two detuned strings beat,
 * high notes and high partials die sooner, a thud of noise is the hammer. Every third seed is an electric piano: fewer,
 * purer partials with a bell-like one.
 */
export const createPiano: InstrumentFactory = (random) => {
  const electric = random.chance(0.33);
  const tilt = random.between(0.9, 1.7);
  const stiffness = electric ? 0 : random.between(0.0002, 0.0008);
  const detune = random.between(0.0003, 0.0012);
  const ringSec = random.between(3, 7);
  const hammer = electric ? 0.01 : random.between(0.03, 0.12);
  return ({ midi, durationSec, sampleRateHz }) => {
    const frequencyHz = midiToHz(midi);
    const releaseSec = 0.25;
    const out = new Float32Array(noteLength(durationSec, releaseSec, sampleRateHz));
    const baseSec = ringSec * 2 ** ((60 - midi) / 24);
    for (let n = 1; n <= (electric ? 4 : 12); n++) {
      const partialHz = frequencyHz * n * Math.sqrt(1 + stiffness * n * n);
      if (partialHz > 0.45 * sampleRateHz) break;
      // The hammer strikes at about 1/8 of the string: partials with a node there are weak.
      const gain = n ** -tilt * (electric ? 1 : Math.abs(Math.sin((Math.PI * n) / 8.2)) + 0.15);
      const decaySec = baseSec / (1 + 0.35 * (n - 1));
      addDecayingSine(out, sampleRateHz, { frequencyHz: partialHz, gain, decaySec });
      if (n < 5)
        addDecayingSine(out, sampleRateHz, {
          frequencyHz: partialHz * (1 + detune),
          gain,
          decaySec: decaySec * 1.4,
        });
    }
    const bellHz = frequencyHz * 14;
    if (electric && bellHz < 0.45 * sampleRateHz)
      addDecayingSine(out, sampleRateHz, { frequencyHz: bellHz, gain: 0.15, decaySec: 0.4 });
    normalisePeak(out, 1);
    const thud = Float32Array.from({ length: Math.round(0.03 * sampleRateHz) }, () => random.between(-1, 1));
    filterInPlace(thud, sampleRateHz, { kind: "bandpass", frequencyHz: 900, q: 0.6 });
    mixInto(out, thud, 0, hammer);
    applyEnvelope(out, sampleRateHz, durationSec, { attackSec: 0.002, decaySec: 1, sustain: 1, releaseSec });
    normalisePeak(out, 0.5);
    return out;
  };
};
