import { z } from "zod";
import { designKWeighting, weighedEnergy, weightingStates } from "./k-weighting.ts";
import {
  createPeakLine,
  designPeakFilter,
  fillPeakLine,
  findPeak,
  historyLength,
  keepHistory,
} from "./true-peak.ts";

/** Hops of 0.1 s: gating blocks of 0.4 s overlap by three quarters. */
export const hopsPerSec = 10;

/** What a meter remembers between two blocks: plain data, to go on from elsewhere to the same result to the bit. */
export const MeterState = z.object({
  /** Magnitude; 1 is full scale. */
  truePeak: z.number(),
  channels: z.array(z.object({ filters: z.array(z.number()), history: z.array(z.number()) })),
});
export type MeterState = z.infer<typeof MeterState>;

export interface LoudnessMeter {
  /**
   * Takes the next samples, interleaved: a whole number of hops, except at the track's end.
   * @returns for each whole hop, the mean square of its K-weighted samples, summed over the channels; 1 is full scale.
   */
  measure(block: Int16Array): Float64Array;
  /** What lies between the last samples counts, too: called once, at the track's end. */
  flush(): void;
  state(): MeterState;
}

const begun: MeterState["channels"][number] = {
  filters: Array.from({ length: weightingStates }, () => 0),
  history: Array.from({ length: historyLength }, () => 0),
};
const fullScale = 32_768;

/** Measures a track of one or two channels as it passes. @param resumed an earlier meter's state. */
export function createLoudnessMeter(
  { channels, sampleRateHz }: { channels: number; sampleRateHz: number },
  resumed?: MeterState,
): LoudnessMeter {
  const weighting = designKWeighting(sampleRateHz);
  const peakFilter = designPeakFilter();
  const hop = Math.round(sampleRateHz / hopsPerSec);
  const createChannel = ({ filters, history }: MeterState["channels"][number]) => {
    const line = createPeakLine(hop);
    line.samples.set(history);
    return { line, filters: Float64Array.from(filters) };
  };
  const lines = Array.from({ length: channels }, (_, i) => createChannel(resumed?.channels[i] ?? begun));
  const silent = createChannel(begun);
  // In the samples' own unit, like everything inside.
  let truePeak = (resumed?.truePeak ?? 0) * fullScale;

  /** Brings the next `count` frames of every channel behind its history, and measures the peaks there. */
  const advance = (block: Int16Array, frame: number, count: number): void => {
    for (const [channel, { line }] of lines.entries()) {
      fillPeakLine(line, block, { from: frame * channels + channel, step: channels, count });
      truePeak = findPeak(peakFilter, line, count, truePeak);
    }
  };
  const [left = silent, right = silent] = lines;
  const weigh = (count: number): number =>
    weighedEnergy(weighting, {
      from: historyLength,
      to: historyLength + count,
      left: left.line.samples,
      right: right.line.samples,
      leftState: left.filters,
      rightState: right.filters,
    });
  const remember = (count: number): void => {
    for (const { line } of lines) keepHistory(line, count);
  };

  return {
    measure(block) {
      const frames = block.length / channels;
      const energies = new Float64Array(Math.floor(frames / hop));
      for (let at = 0, index = 0; at < frames; at += hop, index++) {
        const count = Math.min(hop, frames - at);
        advance(block, at, count);
        const energy = weigh(count);
        if (count === hop) energies[index] = energy / (hop * fullScale ** 2);
        remember(count);
      }
      return energies;
    },
    flush() {
      advance(new Int16Array(historyLength * channels), 0, historyLength);
      remember(historyLength);
    },
    state: () => ({
      truePeak: truePeak / fullScale,
      channels: lines.map(({ line, filters }) => ({
        filters: [...filters],
        history: [...line.samples.subarray(0, historyLength)],
      })),
    }),
  };
}
