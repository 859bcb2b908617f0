import type { Random } from "../random.ts";

/** What an instrument is asked to play. */
export type Tone = { midi: number; durationSec: number; sampleRateHz: number };

/** Renders one note, mono, release included, about -6 dBFS peak. */
export type Instrument = (tone: Tone) => Float32Array;

/** Builds an instrument whose timbre is drawn from `random`, so that no two seeds sound alike. */
export type InstrumentFactory = (random: Random) => Instrument;
