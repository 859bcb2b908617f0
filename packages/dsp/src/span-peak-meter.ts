import { createPeakMeter, type PeakMeter } from "./peak-meter.ts";
import { historyLength } from "./true-peak.ts";

/** Frames of a stream: those that count. */
export interface PeakSpan {
  readonly from: number;
  /** Excluded. */
  readonly to: number;
}

/** Finds the true peak of a part of a stream. */
export interface SpanPeakMeter {
  /** The stream's next interleaved frames, whether they count or not. */
  take(block: Float32Array): void;
  /** Called once, at the stream's end. @returns the true peak; 1 is full scale, 0 where nothing of the span came. */
  flush(): number;
}

const mostFrames = 8_192;

/**
 * The true peak of a span as it lies in its stream: a cut is no edge in the sound, so what is between samples there is interpolated from
 * the frames on both sides of it. Of those behind the span `historyLength` count, too.
 */
export function createSpanPeakMeter(channels: number, { from, to }: PeakSpan): SpanPeakMeter {
  const lead = from - historyLength;
  const end = to + historyLength;
  const histories = Array.from({ length: channels }, () => new Array<number>(historyLength).fill(0));
  let meter: PeakMeter | null = null;
  let peak: number | null = null;
  let frame = 0;

  function remember(block: Float32Array, start: number, stop: number): void {
    for (let at = start; at < stop; at++) {
      for (const [channel, history] of histories.entries())
        history[frame + at - lead] = block[at * channels + channel] ?? 0;
    }
  }
  return {
    take(block) {
      const frames = block.length / channels;
      const within = (at: number) => Math.max(0, Math.min(frames, at - frame));
      remember(block, within(lead), within(from));
      const counted = block.subarray(within(from) * channels, within(end) * channels);
      if (counted.length > 0) {
        meter ??= createPeakMeter(channels, mostFrames, { truePeak: 0, histories });
        meter.take(counted);
      }
      frame += frames;
      if (frame < end || peak !== null) return;
      peak = meter?.state().truePeak ?? 0;
      meter = null;
    },
    flush: () => peak ?? meter?.flush() ?? 0,
  };
}
