import { filterInPlace, mixInto, normalisePeak } from "../filter.ts";
import type { Random } from "../random.ts";
import { drumMidi } from "../score.ts";
import type { InstrumentFactory } from "./instrument.ts";

/** Noise that falls to 1/1000 in `decaySec`, in a band. */
function noiseBurst(
  random: Random,
  sampleRateHz: number,
  burst: { decaySec: number; kind: "highpass" | "bandpass"; frequencyHz: number; q: number },
): Float32Array {
  const out = new Float32Array(Math.round(burst.decaySec * sampleRateHz));
  const decay = 0.001 ** (1 / out.length);
  let level = 1;
  for (let i = 0; i < out.length; i++) {
    out[i] = level * random.between(-1, 1);
    level *= decay;
  }
  filterInPlace(out, sampleRateHz, burst);
  return out;
}

/** A sine whose pitch falls exponentially from `fromHz` to `toHz`: the body of kicks, toms and snares. */
function fallingSine(
  sampleRateHz: number,
  { fromHz, toHz, fallSec, decaySec }: { fromHz: number; toHz: number; fallSec: number; decaySec: number },
): Float32Array {
  const out = new Float32Array(Math.round(decaySec * sampleRateHz));
  let phase = 0;
  for (let i = 0; i < out.length; i++) {
    const t = i / sampleRateHz;
    phase += (2 * Math.PI * (toHz + (fromHz - toHz) * Math.exp(-t / fallSec))) / sampleRateHz;
    out[i] = Math.sin(phase) * 0.001 ** (t / decaySec);
  }
  return out;
}

/** Three bursts, a few hands one after the other. */
function clap(random: Random, sampleRateHz: number): Float32Array {
  const out = new Float32Array(Math.round(0.25 * sampleRateHz));
  for (const delaySec of [0, 0.011, 0.023]) {
    const burst = noiseBurst(random, sampleRateHz, {
      decaySec: 0.2,
      kind: "bandpass",
      frequencyHz: 1300,
      q: 1.2,
    });
    mixInto(out, burst, Math.round(delaySec * sampleRateHz), 0.7);
  }
  return out;
}

/** Kick, snare, clap, tom, hats and crash; the kit's tuning, decays and colours come from the seed. */
export const createDrums: InstrumentFactory = (random) => {
  const kick = {
    fromHz: random.between(120, 320),
    toHz: random.between(42, 62),
    fallSec: random.between(0.012, 0.04),
  };
  const kickSec = random.between(0.18, 0.5);
  const snareHz = random.between(150, 240);
  const snareSec = random.between(0.13, 0.32);
  const hatHz = random.between(5500, 9000);
  const hatSec = random.between(0.04, 0.1);
  const hits: Record<number, (rate: number) => Float32Array> = {
    [drumMidi.kick]: (rate) => {
      const out = fallingSine(rate, { ...kick, decaySec: kickSec });
      mixInto(
        out,
        noiseBurst(random, rate, { decaySec: 0.02, kind: "bandpass", frequencyHz: 3000, q: 0.7 }),
        0,
        0.3,
      );
      return out;
    },
    [drumMidi.snare]: (rate) => {
      const out = new Float32Array(Math.round(snareSec * rate));
      const body = {
        fromHz: snareHz * 1.6,
        toHz: snareHz,
        fallSec: 0.01,
        decaySec: Math.min(0.15, snareSec),
      };
      mixInto(out, fallingSine(rate, body), 0, 0.6);
      mixInto(
        out,
        noiseBurst(random, rate, { decaySec: snareSec, kind: "highpass", frequencyHz: 1500, q: 0.7 }),
        0,
        0.8,
      );
      return out;
    },
    [drumMidi.clap]: (rate) => clap(random, rate),
    [drumMidi.tom]: (rate) => fallingSine(rate, { fromHz: 210, toHz: 110, fallSec: 0.06, decaySec: 0.4 }),
    [drumMidi.hat]: (rate) =>
      noiseBurst(random, rate, { decaySec: hatSec, kind: "highpass", frequencyHz: hatHz, q: 0.8 }),
    [drumMidi.openHat]: (rate) =>
      noiseBurst(random, rate, { decaySec: 0.4, kind: "highpass", frequencyHz: hatHz, q: 0.8 }),
    [drumMidi.crash]: (rate) =>
      noiseBurst(random, rate, { decaySec: 1.6, kind: "highpass", frequencyHz: hatHz * 0.5, q: 0.6 }),
  };
  const levels: Record<number, number> = {
    [drumMidi.kick]: 0.8,
    [drumMidi.snare]: 0.6,
    [drumMidi.clap]: 0.5,
  };
  return ({ midi, sampleRateHz }) => {
    const out = (hits[midi] ?? hits[drumMidi.tom])?.(sampleRateHz) ?? new Float32Array(1);
    normalisePeak(out, levels[midi] ?? 0.35);
    return out;
  };
};
