import { readWavChunks } from "@segue/audio";

/** Levels in dB relative to full scale; null where every sample is zero. */
export interface Levels {
  readonly peakDb: number | null;
  readonly rmsDb: number | null;
}

/** Measures all samples of a WAV together, in flat memory. */
export async function measureLevels(path: string): Promise<Levels> {
  let peak = 0;
  let energy = 0;
  let count = 0;
  for await (const samples of readWavChunks(path)) {
    const chunk = measureChunk(samples);
    peak = Math.max(peak, chunk.peak);
    energy += chunk.energy;
    count += samples.length;
  }
  if (peak === 0) return { peakDb: null, rmsDb: null };
  return { peakDb: toDb(peak / 32768), rmsDb: toDb(Math.sqrt(energy / count) / 32768) };
}

function measureChunk(samples: Int16Array): { peak: number; energy: number } {
  let highest = 0;
  let lowest = 0;
  let energy = 0;
  for (const sample of samples) {
    if (sample > highest) highest = sample;
    if (sample < lowest) lowest = sample;
    energy += sample * sample;
  }
  return { peak: Math.max(highest, -lowest), energy };
}

/** To hundredths of a dB: more would be noise. */
function toDb(amplitude: number): number {
  return Math.round(2000 * Math.log10(amplitude)) / 100;
}
