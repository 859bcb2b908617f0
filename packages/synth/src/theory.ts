/** The twelve pitch classes from C, each in the spelling that its keys usually have. */
export const pitchClasses = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"] as const;
export type PitchClass = (typeof pitchClasses)[number];
export type Mode = "major" | "minor";

const scales: Record<Mode, readonly number[]> = {
  major: [0, 2, 4, 5, 7, 9, 11],
  minor: [0, 2, 3, 5, 7, 8, 10],
};

/** Equal temperament, A4 (MIDI 69) = 440 Hz. */
export function midiToHz(midi: number): number {
  return 440 * 2 ** ((midi - 69) / 12);
}

/** MIDI number of a scale degree: 0 is the tonic in the given octave (4 holds middle C), 7 the tonic above it. */
export function degreeToMidi(key: PitchClass, mode: Mode, degree: number, octave: number): number {
  const step = ((degree % 7) + 7) % 7;
  const octaves = Math.floor(degree / 7);
  return 12 * (octave + 1 + octaves) + pitchClasses.indexOf(key) + (scales[mode][step] ?? 0);
}

/** A triad on a scale degree. In minor the dominant is major, so that the leading tone points at the tonic. */
export type Chord = {
  degree: number;
  /** Root, third, fifth as MIDI numbers, each moved by octaves to lie within six semitones of middle C. */
  midi: readonly [number, number, number];
};

export function chordOn(key: PitchClass, mode: Mode, degree: number): Chord {
  const raise = mode === "minor" && degree === 4 ? 1 : 0;
  const near = (midi: number): number => ((((midi - 54) % 12) + 12) % 12) + 54;
  return {
    degree,
    midi: [
      near(degreeToMidi(key, mode, degree, 4)),
      near(degreeToMidi(key, mode, degree + 2, 4) + raise),
      near(degreeToMidi(key, mode, degree + 4, 4)),
    ],
  };
}
