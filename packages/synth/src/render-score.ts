import { mixInto } from "./filter.ts";
import { createInstrument } from "./instruments/create-instrument.ts";
import { createRandom } from "./random.ts";
import { reverberate } from "./reverb.ts";
import type { Score } from "./score.ts";
import type { Mode, PitchClass } from "./theory.ts";

export type RenderOptions = {
  sampleRateHz?: number;
  /** Level of the reverberation in dB; -Infinity for none. */
  reverbDb?: number;
  /** Largest magnitude of the result, in dB under full scale. */
  peakDb?: number;
};

export type RenderedTrack = {
  left: Float32Array;
  right: Float32Array;
  sampleRateHz: number;
  truth: { bpm: number; key: PitchClass; mode: Mode; beatsSec: readonly number[] };
};

const fromDb = (db: number): number => 10 ** (db / 20);

/** Plays a score: samples in -1 to 1, `durationSec` long. Deterministic: timbres come from the score's seed. */
export function renderScore(
  score: Score,
  { sampleRateHz = 44_100, reverbDb = -12, peakDb = -1 }: RenderOptions = {},
): RenderedTrack {
  const length = Math.round(score.durationSec * sampleRateHz);
  const left = new Float32Array(length);
  const right = new Float32Array(length);
  const random = createRandom(score.seed);
  score.parts.forEach((part, index) => {
    const play = createInstrument(part.instrument, random.fork(`timbre ${index} ${part.instrument}`));
    const angle = ((part.pan + 1) * Math.PI) / 4;
    const gain = fromDb(part.gainDb);
    for (const { startSec, durationSec, midi, velocity } of part.notes) {
      const samples = play({ midi, durationSec, sampleRateHz });
      const at = Math.round(startSec * sampleRateHz);
      mixInto(left, samples, at, gain * velocity * Math.cos(angle));
      mixInto(right, samples, at, gain * velocity * Math.sin(angle));
    }
  });
  if (reverbDb > -Infinity) addRoom(left, right, sampleRateHz, fromDb(reverbDb));
  master(left, right, fromDb(peakDb), Math.round(0.05 * sampleRateHz));
  const { bpm, key, mode, beatsSec } = score;
  return { left, right, sampleRateHz, truth: { bpm, key, mode, beatsSec } };
}

function addRoom(left: Float32Array, right: Float32Array, sampleRateHz: number, gain: number): void {
  const sum = left.map((value, i) => value + (right[i] ?? 0));
  mixInto(left, reverberate(sum, sampleRateHz, { decaySec: 1.2, spreadSec: 0 }), 0, gain);
  mixInto(right, reverberate(sum, sampleRateHz, { decaySec: 1.2, spreadSec: 0.0005 }), 0, gain);
}

/** Scales both channels to the peak and fades the last samples out, so that nothing clicks at the end. */
function master(left: Float32Array, right: Float32Array, peak: number, fade: number): void {
  let most = 0;
  for (let i = 0; i < left.length; i++) {
    most = Math.max(most, Math.abs(left[i] ?? 0), Math.abs(right[i] ?? 0));
  }
  const gain = most === 0 ? 0 : peak / most;
  for (let i = 0; i < left.length; i++) {
    const shaped = gain * Math.min(1, (left.length - i) / fade);
    left[i] = (left[i] ?? 0) * shaped;
    right[i] = (right[i] ?? 0) * shaped;
  }
}
