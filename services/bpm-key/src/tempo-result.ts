export type TempoResult = {
  /** Beats per minute, 40 to 220; null where there is no tempo to speak of. */
  bpm: number | null;
  /** 0 to 1: how sure `bpm` is, as it is: the product of the two. */
  confidence: number;
  /** 0 to 1: how sure it is that there is this pulse, counted at `bpm` or at a multiple of it. */
  pulseConfidence?: number;
  /** 0 to 1: how sure it is, if so, that people count it at `bpm`. */
  octaveConfidence?: number;
  /** The tempo over time; empty where there is none. */
  curve: TempoPoint[];
  /** Beat times in seconds, ascending; empty where `beatStepsMs` has them. */
  beatsSec: number[];
  /** The first beat and then the distance of each from the one before, in milliseconds: a third of the size, for long tracks. */
  beatStepsMs?: number[];
  /** Other tempi under which the same beat may be counted, the likeliest first. */
  alternatives: Alternative[];
  /** Why there is no tempo. */
  reason?: "silence" | "too-short" | "no-stable-beat";
};
/** `probability`: 0 to 1, that people count it so, if the pulse is right. */
export type Alternative = { bpm: number; relation: TempoRelation; probability?: number };
export type TempoPoint = { startSec: number; bpm: number | null; confidence: number };
export type TempoRelation = "half" | "double" | "third" | "triple" | "two-thirds" | "three-halves";

/** 12,000 beats as times are about 100 kB of JSON; a song has 500. */
const mostBeatsAsTimes = 12_000;

/** Beats as a result carries them. */
export function writeBeats(beatsSec: readonly number[]): Pick<TempoResult, "beatsSec" | "beatStepsMs"> {
  const beatsMs = beatsSec.map((sec) => Math.round(Math.max(0, sec) * 1000));
  if (beatsMs.length <= mostBeatsAsTimes) return { beatsSec: beatsMs.map((ms) => ms / 1000) };
  return { beatsSec: [], beatStepsMs: beatsMs.map((ms, i) => ms - (beatsMs[i - 1] ?? 0)) };
}

export function noTempo(reason: NonNullable<TempoResult["reason"]>): TempoResult {
  return { bpm: null, confidence: 0, curve: [], beatsSec: [], alternatives: [], reason };
}

export const clamp = (value: number) => Math.min(1, Math.max(0, value));

export function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
