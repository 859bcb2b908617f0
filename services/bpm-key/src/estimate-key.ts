import { type Chroma, chromaBins, chromaOf, foldToSemitones } from "./chroma.ts";
import { type EssentiaKey, essentia } from "./essentia.ts";
import { type Mode, type Tonic, toCamelot, toOpenKey } from "./key-notation.ts";
import { isSilent } from "./silence.ts";

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
  /** Why there is no key. */
  reason?: "silence" | "too-short" | "no-stable-pitch" | "no-clear-key";
};

const shortestSec = 1;
const segmentSec = 15;
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

/**
 * The key of a track: pitch classes of half-second frames averaged over the track and folded at its own tuning, then the best
 * fitting of the 24 profiles by essentia.js.
 *
 * @param samples mono, nominally within -1..1; @param sampleRateHz at least 8000; 16000 is what it is measured with
 */
export function estimateKey(samples: Float32Array, sampleRateHz: number): KeyResult {
  if (isSilent(samples)) return noKey("silence");
  if (samples.length < shortestSec * sampleRateHz) return noKey("too-short");
  const chroma = chromaOf(samples, sampleRateHz, segmentSec);
  const { profile, tuned } = foldToSemitones(sumOf(chroma));
  if (tuned < leastTuned) return noKey("no-stable-pitch");
  if (profile.filter((value) => value > 0.1).length < leastPitchClasses) return noKey("no-clear-key");
  const found = essentia().key(profile);
  if (found.strength < leastStrength) return noKey("no-clear-key");
  const key = spelling[found.key];
  const strength = Math.min(1, found.strength);
  const fit = Math.min(1, (strength - leastStrength) / (surestStrength - leastStrength));
  return {
    key,
    mode: found.scale,
    strength: round(strength),
    confidence: round(fit * (0.5 + 0.5 * agreementOf(chroma, found))),
    camelot: toCamelot(key, found.scale),
    openKey: toOpenKey(key, found.scale),
  };
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

function sumOf({ segments }: Chroma): Float64Array {
  const sum = new Float64Array(chromaBins);
  for (const segment of segments) {
    for (let bin = 0; bin < chromaBins; bin++) sum[bin] = (sum[bin] as number) + (segment[bin] as number);
  }
  return sum;
}

/** The share of segments in the very key. A silent segment counts as none. */
function agreementOf({ segments }: Chroma, { key, scale }: EssentiaKey): number {
  const same = segments.filter((segment) => {
    const { profile, tuned } = foldToSemitones(segment);
    if (tuned === 0) return false;
    const own = essentia().key(profile);
    return own.key === key && own.scale === scale;
  });
  return same.length / segments.length;
}

function noKey(reason: NonNullable<KeyResult["reason"]>): KeyResult {
  return { key: null, mode: null, strength: 0, confidence: 0, camelot: null, openKey: null, reason };
}

const round = (value: number) => Math.round(value * 1000) / 1000;
