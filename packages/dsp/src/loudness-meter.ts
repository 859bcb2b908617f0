import { designKWeighting, weighedEnergy, weightingStates } from "./k-weighting.ts";
import { createPeakMeter, type PeakMeter } from "./peak-meter.ts";
import { historyLength } from "./true-peak.ts";

/** Hops of 0.1 s: gating blocks of 0.4 s overlap by three quarters. */
export const hopsPerSec = 10;

/** What a meter remembers between two blocks: plain data, to go on from elsewhere to the same result to the bit. */
export interface MeterState {
  /** Magnitude; 1 is full scale. */
  readonly truePeak: number;
  readonly channels: readonly { readonly filters: readonly number[]; readonly history: readonly number[] }[];
}

export interface LoudnessMeter {
  /**
   * Takes the next samples, interleaved: a whole number of hops, except at the track's end.
   * @returns for each whole hop, the mean square of its K-weighted samples, a weighted sum over the channels; 1 is full scale.
   */
  measure(block: Float32Array): Float32Array;
  /** What lies between the last samples counts, too: called once, at the track's end. @returns the true peak. */
  flush(): number;
  state(): MeterState;
}

/**
 * Measures a track of any channels as it passes, after ITU-R BS.1770-4.
 * @param weights what each channel's energy counts for; all count for the true peak.
 * @param resumed an earlier meter's state.
 */
export function createLoudnessMeter(
  { weights, sampleRateHz }: { weights: readonly number[]; sampleRateHz: number },
  resumed?: MeterState,
): LoudnessMeter {
  const hop = Math.round(sampleRateHz / hopsPerSec);
  const peaks = createPeakMeter(weights.length, hop, resumed && peakStateOf(resumed));
  const filters = weights.map((_, channel) => Float64Array.from(begun(resumed?.channels[channel]?.filters)));
  const weigh = createWeighing(weights, sampleRateHz, peaks, filters);
  return {
    measure(block) {
      const frames = block.length / weights.length;
      const energies = new Float32Array(Math.floor(frames / hop));
      for (let at = 0, index = 0; at < frames; at += hop, index++) {
        const count = Math.min(hop, frames - at);
        peaks.advance(block, at, count);
        const energy = weigh(count);
        if (count === hop) energies[index] = energy / hop;
        peaks.remember(count);
      }
      return energies;
    },
    flush: () => peaks.flush(),
    state() {
      const { truePeak, histories } = peaks.state();
      const channels = histories.map((history, channel) => {
        return { filters: [...(filters[channel] ?? [])], history };
      });
      return { truePeak, channels };
    },
  };
}

function begun(filters: readonly number[] | undefined): readonly number[] {
  return filters ?? Array.from({ length: weightingStates }, () => 0);
}

function peakStateOf({ truePeak, channels }: MeterState) {
  return { truePeak, histories: channels.map(({ history }) => history) };
}

/** Weighs the newest `count` samples of all channels that count, two at a time. */
function createWeighing(
  weights: readonly number[],
  sampleRateHz: number,
  { lines }: PeakMeter,
  filters: readonly Float64Array[],
): (count: number) => number {
  const weighting = designKWeighting(sampleRateHz);
  const silent = new Float64Array(historyLength + Math.round(sampleRateHz / hopsPerSec));
  const counting = [...weights.keys()].filter((channel) => weights[channel] !== 0);
  const side = (channel: number | undefined) => ({
    samples: (channel === undefined ? undefined : lines[channel]?.samples) ?? silent,
    state: (channel === undefined ? undefined : filters[channel]) ?? new Float64Array(weightingStates),
    weight: (channel === undefined ? undefined : weights[channel]) ?? 0,
  });
  const pairs = Array.from({ length: Math.ceil(counting.length / 2) }, (_, pair) => ({
    left: side(counting[2 * pair]),
    right: side(counting[2 * pair + 1]),
  }));
  return (count) =>
    pairs.reduce(
      (sum, { left, right }) =>
        sum +
        weighedEnergy(weighting, {
          from: historyLength,
          to: historyLength + count,
          left: left.samples,
          right: right.samples,
          leftState: left.state,
          rightState: right.state,
          leftWeight: left.weight,
          rightWeight: right.weight,
        }),
      0,
    );
}
