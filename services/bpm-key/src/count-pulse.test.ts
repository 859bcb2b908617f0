import { Tempo } from "@segue/contracts";
import { clickTrack } from "@segue/synth";
import { expect, test } from "vitest";
import { tempoOfOnsets } from "./estimate-tempo.ts";
import { createOnsetFlux, createOnsetMeter } from "./onset-strength.ts";

const sampleRateHz = 16_000;
const meter = createOnsetMeter(sampleRateHz);

function onsetsOf(samples: Float32Array) {
  const frames = meter.framesOf(samples.length);
  const flux = createOnsetFlux(frames);
  meter.measure({ samples, start: 0 }, 0, frames, flux, 0);
  return flux;
}

/** Clicks of which every other is louder, whose tempo goes evenly from one to the other. */
function drifting(fromBpm: number, toBpm: number, durationSec: number): Float32Array {
  const samples = new Float32Array(durationSec * sampleRateHz);
  const [click] = [clickTrack({ bpm: 60, durationSec: 0.2, sampleRateHz })];
  let beat = 0;
  for (let sec = 0; sec < durationSec - 0.3; beat++) {
    const at = Math.round(sec * sampleRateHz);
    const gain = beat % 2 === 0 ? 1 : 0.4;
    for (let i = 0; i < click.length; i++) samples[at + i] = gain * (click[i] ?? 0);
    sec += 60 / (fromBpm + ((toBpm - fromBpm) * sec) / durationSec);
  }
  return samples;
}

test.each([
  [100, 75],
  [150, 85],
  [90, 140],
])(
  "a tempo that drifts from %i to %i has its beats where they are, and one that it comes by as its own",
  (from, to) => {
    const durationSec = 300;
    const found = tempoOfOnsets(onsetsOf(drifting(from, to, durationSec)), meter.rateHz, durationSec);
    expect(Tempo.facts.parse(found)).toEqual(found);
    const near = found.curve.some(({ bpm }) => bpm !== null && Math.abs(bpm / (found.bpm ?? 0) - 1) < 0.05);
    expect(near, `${found.bpm}`).toBe(true);
    for (const { startSec, bpm } of found.curve.slice(1, -1)) {
      const beats = found.beatsSec.filter((sec) => sec >= startSec && sec < startSec + 15);
      if (bpm !== null) expect(Math.abs(beats.length - bpm / 4), `at ${startSec} s`).toBeLessThanOrEqual(2);
    }
  },
);
