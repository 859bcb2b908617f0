import type { Random } from "./random.ts";
import { drumMidi, type Note, type Section } from "./score.ts";

export type Style = "pop" | "dance" | "ballad" | "hiphop" | "ambient";

/** Hits within a 4/4 bar, in beats. */
type Groove = Partial<Record<keyof typeof drumMidi, readonly number[]>>;

const eighths = [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5];
const sixteenths = Array.from({ length: 16 }, (_, i) => i / 4);

const grooves: Record<Style, readonly [Groove, ...Groove[]]> = {
  pop: [
    { kick: [0, 2], snare: [1, 3], hat: eighths },
    { kick: [0, 1.5, 2], snare: [1, 3], hat: eighths },
    { kick: [0, 0.5, 2, 2.5], snare: [1, 3], hat: [0, 1, 2, 3], openHat: [3.5] },
  ],
  dance: [
    { kick: [0, 1, 2, 3], clap: [1, 3], openHat: [0.5, 1.5, 2.5, 3.5] },
    { kick: [0, 1, 2, 3], snare: [1, 3], hat: sixteenths },
  ],
  ballad: [
    { kick: [0, 2], snare: [2], hat: [0, 1, 2, 3] },
    { kick: [0, 2.5], snare: [1, 3], hat: eighths },
  ],
  hiphop: [
    { kick: [0, 1.75, 2.5], snare: [1, 3], hat: eighths },
    { kick: [0, 0.75, 2.25], clap: [1, 3], hat: sixteenths },
  ],
  ambient: [{ kick: [0], hat: [2] }],
};

const loudness: Record<keyof typeof drumMidi, number> = {
  kick: 1,
  snare: 0.9,
  clap: 0.8,
  hat: 0.5,
  tom: 0.7,
  openHat: 0.5,
  crash: 0.7,
};

/** The drum part of one section: a groove, a crash on its first beat where it is a chorus, a fill in its last bar. */
export function writeDrums(random: Random, style: Style, section: Section, beatSec: number): Note[] {
  const groove = random.pick(grooves[style]);
  const notes: Note[] = [];
  const hit = (drum: keyof typeof drumMidi, beat: number, accent = 1): void => {
    const velocity = loudness[drum] * accent * random.between(0.85, 1);
    notes.push({
      startSec: section.startSec + beat * beatSec,
      durationSec: 0.1,
      midi: drumMidi[drum],
      velocity,
    });
  };
  if (section.name === "chorus") hit("crash", 0);
  for (let bar = 0; bar < section.bars; bar++) {
    const fill = bar === section.bars - 1 && section.bars > 1 && style !== "ambient";
    for (const drum of ["kick", "snare", "clap", "hat", "openHat"] as const) {
      for (const beat of groove[drum] ?? []) {
        if (fill && beat >= 3 && drum !== "kick") continue;
        hit(drum, bar * 4 + beat, beat % 1 === 0 ? 1 : 0.75);
      }
    }
    if (fill) for (let i = 0; i < 4; i++) hit(i < 2 ? "snare" : "tom", bar * 4 + 3 + i / 4, 0.7 + 0.1 * i);
  }
  return notes;
}
