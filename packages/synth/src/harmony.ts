import type { Style } from "./drum-patterns.ts";
import type { Random } from "./random.ts";
import type { InstrumentName, Note, Section } from "./score.ts";
import { type Chord, chordOn, degreeToMidi, type Mode, type PitchClass } from "./theory.ts";

/** Four-bar progressions as scale degrees. All start on the tonic and lean on it, so that the key is never in doubt. */
const progressions: Record<Mode, readonly [readonly number[], ...(readonly number[])[]]> = {
  major: [
    [0, 3, 4, 0],
    [0, 4, 3, 0],
    [0, 5, 3, 4],
    [0, 3, 0, 4],
    [0, 1, 4, 0],
  ],
  minor: [
    [0, 3, 4, 0],
    [0, 5, 4, 0],
    [0, 6, 5, 4],
    [0, 3, 0, 4],
  ],
};

/** The chord of each bar of a section; the last section ends on the tonic. */
export function writeChords(random: Random, key: PitchClass, mode: Mode, section: Section): Chord[] {
  const progression = random.pick(progressions[mode]);
  return Array.from({ length: section.bars }, (_, bar) => {
    const ends = section.name === "outro" && bar === section.bars - 1;
    return chordOn(key, mode, ends ? 0 : (progression[bar % progression.length] ?? 0));
  });
}

/** Rhythms of a bass line within a bar, in beats: start, length, and whether it plays the fifth. */
const bassRhythms: Record<Style, readonly (readonly [number, number, boolean])[]> = {
  pop: [
    [0, 1.4, false],
    [1.5, 0.4, false],
    [2, 1, false],
    [3, 0.9, true],
  ],
  dance: [0.5, 1.5, 2.5, 3.5].map((beat) => [beat, 0.4, false] as const),
  ballad: [
    [0, 1.9, false],
    [2, 1.9, true],
  ],
  hiphop: [
    [0, 1.5, false],
    [1.75, 0.6, false],
    [2.5, 1.3, false],
  ],
  ambient: [[0, 3.9, false]],
};

export type Bar = { startSec: number; beatSec: number; chord: Chord; key: PitchClass; mode: Mode };

/** Roots and fifths two octaves under the chord, between E1 and E2. */
export function writeBass(style: Style, { startSec, beatSec, chord, key, mode }: Bar): Note[] {
  const fold = (midi: number): number => 28 + ((((midi - 28) % 12) + 12) % 12);
  const root = fold(degreeToMidi(key, mode, chord.degree, 2));
  const fifth = fold(degreeToMidi(key, mode, chord.degree + 4, 2));
  return bassRhythms[style].map(([beat, beats, plays5]) => ({
    startSec: startSec + beat * beatSec,
    durationSec: beats * beatSec,
    midi: plays5 ? fifth : root,
    velocity: beat === 0 ? 1 : 0.85,
  }));
}

export type ChordFigure = "held" | "struck" | "arpeggio" | "strummed";

/** What an instrument does with a chord when it accompanies. */
export function pickFigure(random: Random, instrument: InstrumentName): ChordFigure {
  if (instrument === "piano") return random.pick(["struck", "arpeggio", "struck"]);
  if (instrument === "guitar") return random.pick(["strummed", "arpeggio"]);
  if (instrument === "lead") return "arpeggio";
  return "held";
}

/** One bar of accompaniment. */
export function writeChordBar(figure: ChordFigure, { startSec, beatSec, chord }: Bar): Note[] {
  const note = (midi: number, beat: number, beats: number, velocity: number, delaySec = 0): Note => ({
    startSec: startSec + beat * beatSec + delaySec,
    durationSec: beats * beatSec,
    midi,
    velocity,
  });
  switch (figure) {
    case "held":
      return chord.midi.map((midi) => note(midi, 0, 3.95, 0.7));
    case "struck":
      return [0, 1, 2, 3].flatMap((beat) =>
        chord.midi.map((midi) => note(midi, beat, 0.9, beat % 2 ? 0.55 : 0.7)),
      );
    case "strummed":
      return [0, 1, 1.5, 2.5, 3].flatMap((beat) =>
        chord.midi.map((midi, string) => note(midi, beat, 0.9, beat % 1 ? 0.5 : 0.7, string * 0.012)),
      );
    case "arpeggio": {
      const [root, third, fifth] = chord.midi;
      return [root, third, fifth, root + 12, fifth, third, fifth, third].map((midi, i) =>
        note(midi, i / 2, 0.95, i % 4 ? 0.6 : 0.75),
      );
    }
  }
}
