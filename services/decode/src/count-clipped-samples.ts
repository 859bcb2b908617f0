import { canonicalSampleRateHz } from "@segue/dsp";

const highest = 32_767;
const lowest = -32_768;
/** Samples in a row, in one channel, at one end of the scale. A peak that just touches full scale is no clipping. */
const shortestRun = 4;

/** Runs are looked for within one second at a time: so the count is the same however long the pieces are. */
const blockFrames = canonicalSampleRateHz;

/**
 * About how many samples are clipped, of interleaved ones that begin at a whole second. Looks at every fourth frame, which no run
 * of four can evade, and so takes 30 ms of CPU for 4 minutes of stereo instead of 100; a run's length is counted to the nearest four.
 */
export function countClippedIn(samples: Int16Array, channels: number): number {
  let count = 0;
  const blockSamples = blockFrames * channels;
  for (let at = 0; at < samples.length; at += blockSamples) {
    count += countInBlock(samples.subarray(at, at + blockSamples), channels);
  }
  return count;
}

function countInBlock(samples: Int16Array, channels: number): number {
  let count = 0;
  for (let frame = 0; frame < samples.length; frame += shortestRun * channels) {
    for (let at = frame; at < frame + channels; at++) {
      const sample = samples[at];
      if (sample !== highest && sample !== lowest) continue;
      if (runLength(samples, at, channels) >= shortestRun) count += shortestRun;
    }
  }
  return count;
}

/** Length of the run through `at`, looking no further than it takes to call it a run. */
function runLength(samples: Int16Array, at: number, step: number): number {
  let length = 1;
  for (let i = at - step; samples[i] === samples[at] && length < shortestRun; i -= step) length += 1;
  for (let i = at + step; samples[i] === samples[at] && length < shortestRun; i += step) length += 1;
  return length;
}
