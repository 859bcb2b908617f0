import type { InstrumentName } from "@segue/synth";

/** What is known about a few seconds of made sound. */
export type Truth = {
  instruments: ReadonlySet<InstrumentName>;
  speech: boolean;
  noise: boolean;
  /** Notes and drum hits that start, per second. */
  onsetsPerSec: number;
};

const has =
  (...names: readonly InstrumentName[]) =>
  (truth: Truth): boolean =>
    names.some((name) => truth.instruments.has(name));
const hasDrums = has("drums");

export type Word = {
  tag: string;
  isTrue(truth: Truth): boolean;
  /** Learnt, which helps the others, but not reported: on recordings it is no use, or was not much better than chance. */
  silent?: true;
};

/** The words that the model learns, in output order, and when each is true. */
export const vocabulary: readonly Word[] = [
  { tag: "drums", isTrue: hasDrums },
  { tag: "no drums", isTrue: (truth) => truth.instruments.size > 0 && !hasDrums(truth) },
  { tag: "bass", isTrue: has("bass") },
  { tag: "guitar", isTrue: has("guitar") },
  { tag: "piano", isTrue: has("piano"), silent: true },
  { tag: "strings", isTrue: has("strings"), silent: true },
  { tag: "synth", isTrue: has("lead", "pad"), silent: true },
  { tag: "flute", isTrue: has("flute"), silent: true },
  { tag: "choir", isTrue: has("choir"), silent: true },
  { tag: "speech", isTrue: (truth) => truth.speech },
  { tag: "noise", isTrue: (truth) => truth.noise },
  {
    tag: "electronic",
    isTrue: (truth) =>
      has("lead", "pad")(truth) && !has("guitar", "piano", "strings", "flute", "choir")(truth),
    silent: true,
  },
  {
    tag: "solo",
    isTrue: (truth) => truth.instruments.size === 1 && !hasDrums(truth) && !truth.speech,
    silent: true,
  },
  {
    tag: "calm",
    isTrue: (truth) => truth.instruments.size > 0 && !hasDrums(truth) && truth.onsetsPerSec < 4,
  },
  { tag: "energetic", isTrue: (truth) => hasDrums(truth) && truth.onsetsPerSec > 10 },
];
