import { type Mode, type Tonic, toCamelot, toOpenKey } from "@segue/contracts";
import { chromaBins, foldToSemitones } from "./chroma.ts";
import { type EssentiaKey, essentia } from "./essentia.ts";

export type KeyResult = {
  /** The tonic; null where there is no key to speak of. */
  key: Tonic | null;
  mode: Mode | null;
  /** 0 to 1: how well the pitch classes fit the key's profile (a correlation). */
  strength: number;
  /** 0 to 1: the fit, less where parts of the track are in other keys. */
  confidence: number;
  /** As on the Camelot wheel: `8A`. */
  camelot: string | null;
  /** As in the Open Key notation: `1m`. */
  openKey: string | null;
  /** The key over time; empty where none is heard anywhere. */
  curve: KeyPoint[];
  /** Why there is no key. */
  reason?: Reason;
};
export type KeyPoint = {
  startSec: number;
  key: Tonic | null;
  mode: Mode | null;
  camelot: string | null;
  confidence: number;
};
type Reason = "silence" | "too-short" | "no-stable-pitch" | "no-clear-key";

/** The curve has a point for every two segments, from the four around it. */
const segmentsPerPoint = 2;
const segmentsAround = 1;
/** From here on a track counts as a mix of several: its key is the one that most of the time is in. */
const mixSec = 15 * 60;
/** Of all points of a mix; noise shows a key now and then. */
const leastShareWithKey = 0.25;
/** Tuning is 0.11 and more for real music, under drums and crowds too; under 0.05 for noise and speech (measured on 97 and 38 clips). */
const leastTuned = 0.075;
/** Noise and speech fit their best profile to 0.6 at most, clips of music in a key to 0.79 and more. */
const leastStrength = 0.6;
const surestStrength = 0.95;
/**
 * Pitch classes above a tenth of the largest. Each tone brings another through its assumed partials, so that one or two tones
 * (a test tone, a metronome, a drone) stay under this, and a triad reaches it.
 */
const leastPitchClasses = 5;

/** Some segments together: the key that fits them best, and how sure it is; or why there is none. */
type Hearing = { readonly found: EssentiaKey; readonly confidence: number } | { readonly found: Reason };

interface Segment {
  readonly chroma: Float64Array;
  /** The key that fits it best by itself; null for silence. */
  readonly own: EssentiaKey | null;
}

/** @param chromas pitch classes of each segment of a track, in order; @param segmentSec the length of a segment */
export function describeKey(chromas: readonly Float64Array[], segmentSec: number): KeyResult {
  const segments = chromas.map((chroma): Segment => {
    const { profile, tuned } = foldToSemitones(chroma);
    return { chroma, own: tuned === 0 ? null : essentia().key(profile) };
  });
  const points = hearPoints(segments);
  const overall = hear(segments);
  const curve = points.map((point, i) => ({
    startSec: round(i * segmentsPerPoint * segmentSec),
    ...(isKey(point) ? named(point) : noName),
  }));
  const whole = segments.length * segmentSec < mixSec ? overall : prevailing(points, overall);
  if (!isKey(whole)) return noKey(whole.found, points.some(isKey) ? curve : []);
  const { key, mode, camelot, confidence } = named(whole);
  return {
    key,
    mode,
    strength: round(whole.found.strength),
    confidence,
    camelot,
    openKey: toOpenKey(key, mode),
    curve,
  };
}

export function noKey(reason: Reason, curve: KeyPoint[] = []): KeyResult {
  return { key: null, mode: null, strength: 0, confidence: 0, camelot: null, openKey: null, curve, reason };
}

function hearPoints(segments: readonly Segment[]): Hearing[] {
  const count = Math.max(1, Math.floor(segments.length / segmentsPerPoint));
  return Array.from({ length: count }, (_, i) => {
    const first = i * segmentsPerPoint;
    const last = i === count - 1 ? segments.length : first + segmentsPerPoint + segmentsAround;
    return hear(segments.slice(Math.max(0, first - segmentsAround), last));
  });
}

function hear(segments: readonly Segment[]): Hearing {
  const { profile, tuned } = foldToSemitones(sumOf(segments));
  if (tuned < leastTuned) return { found: "no-stable-pitch" };
  if (profile.filter((value) => value > 0.1).length < leastPitchClasses) return { found: "no-clear-key" };
  const best = essentia().key(profile);
  if (best.strength < leastStrength) return { found: "no-clear-key" };
  const found = { ...best, strength: Math.min(1, best.strength) };
  const fit = Math.min(1, (found.strength - leastStrength) / (surestStrength - leastStrength));
  return { found, confidence: fit * (0.5 + 0.5 * agreementOf(segments, found)) };
}

/** The key with the most confidence over all points; confident as far as the track is in it. */
function prevailing(points: readonly Hearing[], overall: Hearing): Hearing {
  const heard = points.filter(isKey);
  if (heard.length < points.length * leastShareWithKey)
    return isKey(overall) ? { found: "no-clear-key" } : overall;
  const groups = Map.groupBy(heard, ({ found: { key, scale } }) => `${key} ${scale}`);
  const [best] = [...groups.values()]
    .map((group) => ({ group, confidence: sum(group.map(({ confidence }) => confidence)) }))
    .sort((a, b) => b.confidence - a.confidence);
  const [first] = best?.group ?? [];
  if (!best || !first) return overall;
  const strength = sum(best.group.map(({ found }) => found.strength)) / best.group.length;
  return { found: { ...first.found, strength }, confidence: best.confidence / points.length };
}

type HeardKey = Extract<Hearing, { readonly confidence: number }>;

function isKey(hearing: Hearing): hearing is HeardKey {
  return typeof hearing.found !== "string";
}

const noName = { key: null, mode: null, camelot: null, confidence: 0 };

function named({ found, confidence }: HeardKey) {
  const key = spelling[found.key];
  const mode = found.scale;
  return { key, mode, camelot: toCamelot(key, mode), confidence: round(confidence) };
}

/** One spelling per pitch class, whichever essentia.js prefers. */
const spelling: Readonly<Record<EssentiaKey["key"], Tonic>> = {
  A: "A",
  Bb: "Bb",
  B: "B",
  C: "C",
  "C#": "Db",
  D: "D",
  Eb: "Eb",
  E: "E",
  F: "F",
  "F#": "F#",
  G: "G",
  Ab: "Ab",
};

function sumOf(segments: readonly Segment[]): Float64Array {
  const total = new Float64Array(chromaBins);
  for (const { chroma } of segments) {
    for (let bin = 0; bin < chromaBins; bin++) total[bin] = (total[bin] as number) + (chroma[bin] as number);
  }
  return total;
}

/** The share of segments in the very key. A silent segment counts as none. */
function agreementOf(segments: readonly Segment[], { key, scale }: EssentiaKey): number {
  const same = segments.filter(({ own }) => own?.key === key && own.scale === scale);
  return same.length / segments.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

const round = (value: number) => Math.round(value * 1000) / 1000;
