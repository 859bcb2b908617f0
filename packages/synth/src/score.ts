import type { Mode, PitchClass } from "./theory.ts";

export const instrumentNames = [
  "drums",
  "bass",
  "guitar",
  "piano",
  "pad",
  "strings",
  "lead",
  "flute",
  "choir",
] as const;
export type InstrumentName = (typeof instrumentNames)[number];

/** Drum sounds as General MIDI note numbers. */
export const drumMidi = { kick: 36, snare: 38, clap: 39, hat: 42, tom: 45, openHat: 46, crash: 49 } as const;

export type Note = {
  startSec: number;
  /** How long it is held; what rings after it is the instrument's. */
  durationSec: number;
  /** Pitch, or for `drums` one of {@link drumMidi}. */
  midi: number;
  /** Linear gain, 0 to 1. */
  velocity: number;
};

export type Part = {
  instrument: InstrumentName;
  gainDb: number;
  /** -1 left to 1 right. */
  pan: number;
  notes: readonly Note[];
};

export type Section = { name: "intro" | "verse" | "chorus" | "outro"; startSec: number; bars: number };

/** A piece in 4/4, ready to render. */
export type Score = {
  seed: number;
  title: string;
  bpm: number;
  key: PitchClass;
  mode: Mode;
  /** Of the rendered audio, the ring-out included. */
  durationSec: number;
  sections: readonly Section[];
  /** Every beat of the piece, from 0. */
  beatsSec: readonly number[];
  parts: readonly Part[];
};
