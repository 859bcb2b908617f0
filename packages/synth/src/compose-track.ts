import { type Style, writeDrums } from "./drum-patterns.ts";
import { type Bar, pickFigure, writeBass, writeChordBar, writeChords } from "./harmony.ts";
import { inventMotif, writeMelodyBar } from "./melody.ts";
import { createRandom, type Random } from "./random.ts";
import type { InstrumentName, Note, Part, Score, Section } from "./score.ts";
import type { Chord, Mode, PitchClass } from "./theory.ts";

export type TrackRequest = {
  seed: number;
  /** Quarter notes per minute, 40 to 240. */
  bpm: number;
  key: PitchClass;
  mode: Mode;
  /** At least 2 s. The last two seconds at most are the ring-out of the last chord. */
  durationSec: number;
  /** Without it: what suits the style. With `drums` and `bass` absent the piece has none. */
  instruments?: readonly InstrumentName[];
  style?: Style;
  title?: string;
};

const bands: Record<Style, readonly InstrumentName[]> = {
  pop: ["drums", "bass", "guitar", "piano", "pad", "lead"],
  dance: ["drums", "bass", "pad", "lead", "piano"],
  ballad: ["drums", "bass", "piano", "strings", "flute"],
  hiphop: ["drums", "bass", "piano", "lead"],
  ambient: ["pad", "strings", "choir", "flute", "piano"],
};

const gainsDb: Record<InstrumentName, number> = {
  drums: 0,
  bass: -3,
  guitar: -8,
  piano: -8,
  pad: -12,
  strings: -12,
  lead: -10,
  flute: -8,
  choir: -12,
};

const melodic: readonly InstrumentName[] = ["lead", "flute"];

/** Intro, verses, choruses and outro in whole bars, about 1 : 4 : 4 : 1, with as many rounds as fit into 16-bar spans. */
function planSections(bars: number, barSec: number): Section[] {
  const edge = bars < 8 ? 0 : Math.max(1, Math.min(4, Math.floor(bars / 8)));
  const middle = Math.max(1, bars - 2 * edge);
  const spans = Math.min(middle, 2 * Math.max(1, Math.round(middle / 16)));
  const plan: { name: Section["name"]; bars: number }[] = [];
  if (edge > 0) plan.push({ name: "intro", bars: edge });
  for (let span = 0; span < spans; span++) {
    const from = Math.round((span * middle) / spans);
    const to = Math.round(((span + 1) * middle) / spans);
    plan.push({ name: span % 2 === 0 ? "verse" : "chorus", bars: to - from });
  }
  if (edge > 0) plan.push({ name: "outro", bars: edge });
  let bar = 0;
  return plan.map((section) => {
    const startSec = bar * barSec;
    bar += section.bars;
    return { ...section, startSec };
  });
}

type Arrangement = { section: Section; chords: readonly Chord[]; motif: ReturnType<typeof inventMotif> };

/** Whether an instrument plays in a section of a full band; alone or in a duo it always does. */
function plays(instrument: InstrumentName, section: Section, band: readonly InstrumentName[]): boolean {
  if (band.length < 3) return true;
  const edge = section.name === "intro" || section.name === "outro";
  if (instrument === "drums") return !edge;
  if (melodic.includes(instrument)) return section.name === "chorus";
  if (instrument === "bass") return section.name !== "intro";
  return true;
}

function writePart(
  random: Random,
  instrument: InstrumentName,
  request: TrackRequest,
  arrangement: readonly Arrangement[],
  band: readonly InstrumentName[],
): Note[] {
  const style = request.style ?? "pop";
  const beatSec = 60 / request.bpm;
  const figure = pickFigure(random, instrument);
  const octave = random.pick([4, 5]);
  const accompanies = !melodic.includes(instrument);
  return arrangement.flatMap(({ section, chords, motif }) => {
    if (!plays(instrument, section, band)) return [];
    if (instrument === "drums") return writeDrums(random, style, section, beatSec);
    return chords.flatMap((chord, index) => {
      const startSec = section.startSec + index * 4 * beatSec;
      const bar: Bar = { startSec, beatSec, chord, key: request.key, mode: request.mode };
      if (instrument === "bass") return writeBass(style, bar);
      return accompanies ? writeChordBar(figure, bar) : writeMelodyBar(motif, index, octave, bar);
    });
  });
}

/** Composes a piece in 4/4 with a given tempo and key: the same request always gives the same piece. */
export function composeTrack(request: TrackRequest): Score {
  const { seed, bpm, key, mode, durationSec, style = "pop" } = request;
  if (!(bpm >= 40 && bpm <= 240)) throw new RangeError(`bpm must be 40 to 240, got ${bpm}`);
  if (!(durationSec >= 2)) throw new RangeError(`durationSec must be at least 2, got ${durationSec}`);
  const random = createRandom(seed);
  const barSec = 240 / bpm;
  const band = request.instruments ?? bands[style];
  const bars = Math.max(1, Math.floor((durationSec - Math.min(2, durationSec / 8)) / barSec));
  const sections = planSections(bars, barSec);
  const forms = new Map<string, Omit<Arrangement, "section">>();
  const arrangement = sections.map((section): Arrangement => {
    // A chorus that returns is the same chorus.
    const form = forms.get(section.name) ?? {
      chords: writeChords(random.fork(`chords ${section.name}`), key, mode, {
        ...section,
        bars: section.bars + 2,
      }),
      motif: inventMotif(random.fork(`motif ${section.name}`)),
    };
    forms.set(section.name, form);
    const last = section === sections.at(-1);
    const chords = form.chords.slice(0, section.bars);
    const tonic = form.chords[0];
    if (last && tonic) chords[chords.length - 1] = tonic;
    return { section, chords, motif: form.motif };
  });
  const parts = band.map(
    (instrument, index): Part => ({
      instrument,
      gainDb: gainsDb[instrument],
      pan: instrument === "drums" || instrument === "bass" ? 0 : index % 2 === 0 ? -0.35 : 0.35,
      notes: writePart(random.fork(`part ${index} ${instrument}`), instrument, request, arrangement, band),
    }),
  );
  const beatsSec = Array.from({ length: bars * 4 }, (_, beat) => (beat * 60) / bpm);
  const title = request.title ?? `${key} ${mode} at ${bpm}`;
  return { seed, title, bpm, key, mode, durationSec, sections, beatsSec, parts };
}
