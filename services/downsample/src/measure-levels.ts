import { analysisSampleRateHz, readWavChunks } from "@segue/dsp";

/** Levels in dB relative to full scale; null where every sample is zero. */
export interface Levels {
  readonly peakDb: number | null;
  readonly rmsDb: number | null;
}

/** What levels are reckoned from: of one stretch, or of several added up. */
export interface LevelSums {
  /** Largest magnitude, 0 to 32768. */
  readonly peak: number;
  /** Sum of squares. */
  readonly energy: number;
  readonly count: number;
}

export const noLevels: LevelSums = { peak: 0, energy: 0, count: 0 };

/** Sums of all samples of a WAV, in flat memory. */
export async function measureLevels(path: string): Promise<LevelSums> {
  let sums = noLevels;
  // A whole number of seconds: pieces are, too.
  for await (const samples of readWavChunks(path, { chunkFrames: 16 * analysisSampleRateHz })) {
    sums = addLevels(sums, measureSamples(samples));
  }
  return sums;
}

export function addLevels(a: LevelSums, b: LevelSums): LevelSums {
  return { peak: Math.max(a.peak, b.peak), energy: a.energy + b.energy, count: a.count + b.count };
}

export function levelsOf({ peak, energy, count }: LevelSums): Levels {
  if (peak === 0) return { peakDb: null, rmsDb: null };
  return { peakDb: toDb(peak / 32768), rmsDb: toDb(Math.sqrt(energy / count) / 32768) };
}

export function measureSamples(samples: Int16Array): LevelSums {
  let highest = 0;
  let lowest = 0;
  let energy = 0;
  for (const sample of samples) {
    if (sample > highest) highest = sample;
    if (sample < lowest) lowest = sample;
    energy += sample * sample;
  }
  return { peak: Math.max(highest, -lowest), energy, count: samples.length };
}

/** To hundredths of a dB: more would be noise, and the order in which sums were added might show. */
function toDb(amplitude: number): number {
  return Math.round(2000 * Math.log10(amplitude)) / 100;
}
