/**
 * What it costs to play one track after another: the sum of what tempo, key, loudness and energy change by, each squared over what is hardly noticed. 0 is not to be
 * noticed; a change of 3 % in tempo, of 3 LU in loudness or of 0.3 in energy costs 1 each. What is not known costs as much as a change that can be heard.
 */
import type { Transition } from "@segue/contracts";

/** What is known of a track; null: nothing. */
export interface Mixable {
  /** In beats per minute. */
  readonly bpm: number | null;
  /** `8A`. */
  readonly camelot: string | null;
  /** In LUFS. */
  readonly loudness: number | null;
  /** From 0 to 1. */
  readonly energy: number | null;
}

export interface MixRules {
  /** Only keys that go together follow one another. */
  readonly harmonic: boolean;
  /** Half and double of a tempo are the same. */
  readonly octaves: boolean;
}

/** Each term: over what it is counted, how much it may cost, and what it costs where it is not known. */
const tempo = { overPercent: 3, most: 25, unknown: 9 };
const loudness = { overLu: 3, most: 9, unknown: 1 };
const energy = { over: 0.3, most: 9, unknown: 0.5 };
const course = { overPercent: 2, most: 100 };
const keys = { same: 0, neighbour: 0.5, relative: 0.5, unknown: 2, other: 2, perStep: 0.5, most: 5 };

/** Undefined: one may not follow the other. */
export function mixOf(from: Mixable, to: Mixable, rules: MixRules): Transition | undefined {
  const key = keyRelation(from.camelot, to.camelot);
  if (rules.harmonic && (key === "other" || key === "unknown")) return undefined;
  const tempoPercent = tempoChange(from.bpm, to.bpm, rules.octaves);
  const loudnessLu = change(from.loudness, to.loudness);
  const energyChange = change(from.energy, to.energy);
  const cost =
    squared(tempoPercent, tempo.overPercent, tempo) +
    keyCost(key, from.camelot, to.camelot) +
    squared(loudnessLu, loudness.overLu, loudness) +
    squared(energyChange, energy.over, energy);
  return { tempoPercent, key, loudnessLu, energy: energyChange, cost };
}

/** What it costs that a track's tempo is not the one that is wanted where it begins. @throws nothing: without a tempo it costs the most. */
export function courseCost(bpm: number | null, wantedBpm: number, octaves: boolean): number {
  const percent = tempoChange(wantedBpm, bpm, octaves);
  return squared(percent, course.overPercent, { ...course, unknown: course.most });
}

/** In per cent, as near to none as half or double of it allow where these are the same. */
export function tempoChange(from: number | null, to: number | null, octaves: boolean): number | null {
  if (from === null || to === null || from <= 0 || to <= 0) return null;
  const octavesUp = Math.log2(to / from);
  const left = octaves ? octavesUp - Math.round(octavesUp) : octavesUp;
  return (2 ** left - 1) * 100;
}

export function keyRelation(from: string | null, to: string | null): Transition["key"] {
  const steps = wheelSteps(from, to);
  if (steps === undefined) return "unknown";
  if (steps.around === 0) return steps.across === 0 ? "same" : "relative";
  return steps.around === 1 && steps.across === 0 ? "neighbour" : "other";
}

const place = /^(1[0-2]|[1-9])([AB])$/;

/** Around the wheel (0 to 6), and between its rings (0 or 1). */
function wheelSteps(from: string | null, to: string | null) {
  const [, a, ringA] = place.exec(from ?? "") ?? [];
  const [, b, ringB] = place.exec(to ?? "") ?? [];
  if (a === undefined || b === undefined) return undefined;
  const apart = Math.abs(Number(a) - Number(b));
  return { around: Math.min(apart, 12 - apart), across: ringA === ringB ? 0 : 1 };
}

function keyCost(relation: Transition["key"], from: string | null, to: string | null): number {
  if (relation !== "other") return keys[relation as keyof typeof keys] ?? keys.unknown;
  const { around = 0, across = 0 } = wheelSteps(from, to) ?? {};
  return Math.min(keys.most, keys.other + keys.perStep * (around + across));
}

function change(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : to - from;
}

function squared(by: number | null, over: number, { most, unknown }: { most: number; unknown: number }) {
  return by === null ? unknown : Math.min(most, (by / over) ** 2);
}
