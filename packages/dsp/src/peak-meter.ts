import {
  createPeakLine,
  designPeakFilter,
  fillPeakLine,
  findPeak,
  historyLength,
  keepHistory,
  type PeakLine,
} from "./true-peak.ts";

/** What a peak meter remembers: the peak so far, and each channel's last samples. */
export interface PeakState {
  readonly truePeak: number;
  readonly histories: readonly (readonly number[])[];
}

/** Finds the true peak of a track as it passes, over all its channels; 1 is full scale. */
export interface PeakMeter {
  /** The newest samples of each channel, behind those before them. */
  readonly lines: readonly PeakLine[];
  /** Brings `count` interleaved frames, from `frame` on, behind the histories, and measures the peaks there. */
  advance(block: Float32Array, frame: number, count: number): void;
  /** Makes them the history of the next ones. */
  remember(count: number): void;
  /** Both, for a block of any length. */
  take(block: Float32Array): void;
  /** What lies between the last samples counts, too: called once, at the end. @returns the true peak. */
  flush(): number;
  state(): PeakState;
}

/** @param mostFrames that `advance` is given at once. */
export function createPeakMeter(channels: number, mostFrames: number, resumed?: PeakState): PeakMeter {
  const filter = designPeakFilter();
  const lines = Array.from({ length: channels }, (_, channel) => {
    const line = createPeakLine(Math.max(mostFrames, historyLength));
    line.samples.set(resumed?.histories[channel] ?? []);
    return line;
  });
  let truePeak = resumed?.truePeak ?? 0;

  function advance(block: Float32Array, frame: number, count: number): void {
    for (const [channel, line] of lines.entries()) {
      fillPeakLine(line, block, { from: frame * channels + channel, step: channels, count });
      truePeak = findPeak(filter, line, count, truePeak);
    }
  }
  function remember(count: number): void {
    for (const line of lines) keepHistory(line, count);
  }
  return {
    lines,
    advance,
    remember,
    take(block) {
      const frames = block.length / channels;
      for (let at = 0; at < frames; at += mostFrames) {
        const count = Math.min(mostFrames, frames - at);
        advance(block, at, count);
        remember(count);
      }
    },
    flush() {
      advance(new Float32Array(historyLength * channels), 0, historyLength);
      remember(historyLength);
      return truePeak;
    },
    state: () => ({
      truePeak,
      histories: lines.map(({ samples }) => [...samples.subarray(0, historyLength)]),
    }),
  };
}
