import type { Bar } from "./harmony.ts";
import type { Random } from "./random.ts";
import type { Note } from "./score.ts";
import { degreeToMidi } from "./theory.ts";

/** Rhythms of one bar, in beats; each sums to 4. */
const rhythms = [
  [1, 1, 1, 1],
  [1.5, 0.5, 1, 1],
  [0.5, 0.5, 1, 2],
  [2, 1, 1],
  [1, 0.5, 0.5, 2],
  [0.5, 0.5, 0.5, 0.5, 1, 1],
] as const;

/** A two-bar motif: steps are relative to the chord, so that it fits wherever it returns. */
export type Motif = readonly { beat: number; beats: number; step: number }[];

export function inventMotif(random: Random): Motif {
  const notes: { beat: number; beats: number; step: number }[] = [];
  let step: number = random.pick([0, 2, 4]);
  for (let bar = 0; bar < 2; bar++) {
    let beat = bar * 4;
    for (const beats of random.pick(rhythms)) {
      notes.push({ beat, beats, step });
      beat += beats;
      step = Math.max(-2, Math.min(7, step + random.pick([-2, -1, -1, 1, 1, 2])));
    }
  }
  return notes;
}

/** One bar of the motif over the bar's chord. On the first and third beat it moves to the nearest chord tone. */
export function writeMelodyBar(motif: Motif, barIndex: number, octave: number, bar: Bar): Note[] {
  const from = (barIndex % 2) * 4;
  return motif
    .filter(({ beat }) => beat >= from && beat < from + 4)
    .map(({ beat, beats, step }) => {
      const strong = (beat - from) % 2 === 0;
      const degree = bar.chord.degree + (strong ? 2 * Math.round(step / 2) : step);
      // Chords high in the scale would carry the motif away: bring it back down an octave.
      const settled = bar.chord.degree > 3 ? degree - 7 : degree;
      return {
        startSec: bar.startSec + (beat - from) * bar.beatSec,
        durationSec: beats * bar.beatSec * 0.95,
        midi: degreeToMidi(bar.key, bar.mode, settled, octave),
        velocity: strong ? 0.9 : 0.75,
      };
    });
}
