import {
  bandNoise,
  composeTrack,
  createRandom,
  type InstrumentName,
  instrumentNames,
  mixInto,
  normalisePeak,
  type Part,
  pinkNoise,
  pitchClasses,
  type Random,
  renderScore,
  type Score,
  syntheticSpeech,
  whiteNoise,
} from "@segue/synth";
import { degrade } from "./degrade.ts";
import type { Truth } from "./vocabulary.ts";

const sampleRateHz = 16_000;

/** A made track at 16 kHz and what is true of any stretch of it. */
export type MadeTrack = { samples: Float32Array; truthAt(fromSec: number, toSec: number): Truth };

/** Who plays: mostly bands of one to six, each instrument as likely as the next, drums and bass more often together. */
function pickBand(random: Random): InstrumentName[] {
  const band = new Set<InstrumentName>();
  const size = 1 + random.below(random.chance(0.3) ? 2 : 6);
  if (size > 2 && random.chance(0.6)) band.add("drums").add("bass");
  while (band.size < size) band.add(random.pick(instrumentNames));
  return [...band];
}

/** Anybody may play the tune: in some tracks a part that is written as a melody is given to another instrument. */
function giveTune(
  random: Random,
  band: readonly InstrumentName[],
): { band: InstrumentName[]; soloist?: InstrumentName } {
  const able = band.filter((name) => !["drums", "bass", "lead", "flute"].includes(name));
  const [soloist] = able;
  if (!soloist || band.includes("flute") || !random.chance(0.4)) return { band: [...band] };
  return { band: [...band.filter((name) => name !== soloist), "flute"], soloist };
}

/** Players are not machines: velocities, timing and octave differ from part to part. */
function humanise(random: Random, part: Part, soloist: InstrumentName | undefined): Part {
  const instrument = part.instrument === "flute" && soloist ? soloist : part.instrument;
  const shift = ["drums", "bass"].includes(instrument) ? 0 : random.pick([-12, 0, 0, 0, 12]);
  const looseSec = random.chance(0.5) ? random.between(0, 0.02) : 0;
  const skip = random.chance(0.4) ? random.between(0, 0.4) : 0;
  // Sharp attacks are no drums: without staccato the model takes any plucked rhythm for percussion.
  const hold = instrument !== "drums" && random.chance(0.3) ? random.between(0.12, 0.5) : 1;
  const notes = part.notes
    .filter(() => !random.chance(skip))
    .map((note) => ({
      ...note,
      startSec: Math.max(0, note.startSec + random.between(-looseSec, looseSec)),
      durationSec: note.durationSec * hold,
      midi: instrument === "drums" ? note.midi : note.midi + shift,
      velocity: note.velocity * random.between(0.7, 1),
    }));
  return { ...part, instrument, gainDb: part.gainDb + random.between(-5, 5), notes };
}

function makeScore(random: Random, seed: number, durationSec: number): Score {
  const { band, soloist } = giveTune(random, pickBand(random));
  const score = composeTrack({
    seed,
    bpm: random.between(60, 180),
    key: random.pick(pitchClasses),
    mode: random.pick(["major", "minor"]),
    style: random.pick(["pop", "dance", "ballad", "hiphop", "ambient"]),
    durationSec,
    instruments: band,
  });
  return { ...score, parts: score.parts.map((part) => humanise(random, part, soloist)) };
}

/** What sounds in a window: an instrument counts where its notes cover a tenth of it, or five drum hits fall into it. */
function truthOf(
  score: Score | undefined,
  speech: boolean,
  noise: boolean,
  fromSec: number,
  toSec: number,
): Truth {
  const instruments = new Set<InstrumentName>();
  let onsets = 0;
  for (const part of score?.parts ?? []) {
    let coveredSec = 0;
    let starts = 0;
    for (const note of part.notes) {
      const overlap = Math.min(toSec, note.startSec + note.durationSec) - Math.max(fromSec, note.startSec);
      if (overlap > 0) coveredSec += overlap;
      if (note.startSec >= fromSec && note.startSec < toSec) starts++;
    }
    onsets += starts;
    const enough = part.instrument === "drums" ? starts >= 3 : coveredSec > 0.1 * (toSec - fromSec);
    if (enough) instruments.add(part.instrument);
  }
  return { instruments, speech, noise, onsetsPerSec: onsets / (toSec - fromSec) };
}

function makeNoise(random: Random, seed: number, durationSec: number): Float32Array {
  const length = { durationSec, sampleRateHz, seed };
  const kind = random.below(3);
  if (kind === 0) return whiteNoise(length);
  if (kind === 1) return pinkNoise(length);
  const noise = bandNoise({ ...length, frequencyHz: random.between(200, 5000), q: random.between(0.3, 2) });
  const swellHz = random.between(0.05, 0.5);
  return noise.map((value, i) => value * (0.6 + 0.4 * Math.sin((2 * Math.PI * swellHz * i) / sampleRateHz)));
}

/** A track from a seed: mostly music, some of it under speech; some speech alone, some noise alone; all of it degraded. */
export function makeTrack(seed: number, durationSec: number): MadeTrack {
  const random = createRandom(seed).fork("training");
  const dice = random.next();
  const music = dice < 0.86;
  const speech = dice > 0.8 && dice < 0.94;
  const noise = dice >= 0.94;
  const samples = new Float32Array(Math.round(durationSec * sampleRateHz));
  const score = music ? makeScore(random, seed, durationSec) : undefined;
  if (score) {
    const { left, right } = renderScore(score, { sampleRateHz, reverbDb: random.between(-26, -3) });
    mixInto(samples, left, 0, 0.5);
    mixInto(samples, right, 0, 0.5);
    normalisePeak(samples, speech ? random.between(0.1, 0.4) : 0.9);
  }
  if (speech) mixInto(samples, syntheticSpeech({ durationSec, sampleRateHz, seed }), 0, 1);
  if (noise) mixInto(samples, makeNoise(random, seed, durationSec), 0, 1);
  return {
    samples: degrade(random, samples, sampleRateHz),
    truthAt: (fromSec, toSec) => truthOf(score, speech, noise, fromSec, toSec),
  };
}
