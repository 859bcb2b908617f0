import { describe, expect, it } from "vitest";
import { filterInPlace } from "./filter.ts";
import { clickTrack, pinkNoise, silence, sine, whiteNoise } from "./signals.ts";
import { syntheticSpeech } from "./synthetic-speech.ts";

const powerDb = (samples: Float32Array): number =>
  10 * Math.log10(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);

/** Power in an octave-wide band, in dB. */
function bandDb(samples: Float32Array, frequencyHz: number): number {
  const band = samples.slice();
  filterInPlace(band, 44_100, { kind: "bandpass", frequencyHz, q: 1.4 });
  return powerDb(band);
}

describe("signals", () => {
  it("are as long as asked", () => {
    expect(silence({ durationSec: 0.5 }).length).toBe(22_050);
    expect(silence({ durationSec: 2, sampleRateHz: 8000 }).every((value) => value === 0)).toBe(true);
  });

  it("sine has the frequency and the amplitude asked for", () => {
    const tone = sine({ durationSec: 1, frequencyHz: 440, amplitude: 0.5 });
    let rises = 0;
    for (let i = 1; i < tone.length; i++) if ((tone[i - 1] ?? 0) < 0 && (tone[i] ?? 0) >= 0) rises++;
    expect(rises).toBeGreaterThanOrEqual(439);
    expect(rises).toBeLessThanOrEqual(440);
    expect(powerDb(tone)).toBeCloseTo(20 * Math.log10(0.5 / Math.SQRT2), 2);
  });

  it("white noise gains 3 dB per octave in octave bands, pink noise is flat within 1.5 dB", () => {
    const white = whiteNoise({ durationSec: 4, seed: 1 });
    const pink = pinkNoise({ durationSec: 4, seed: 1 });
    expect(bandDb(white, 4000) - bandDb(white, 500)).toBeGreaterThan(7.5);
    expect(Math.abs(bandDb(pink, 4000) - bandDb(pink, 500))).toBeLessThan(1.5);
  });

  it("clicks fall on the beat", () => {
    const clicks = clickTrack({ durationSec: 2, bpm: 120, sampleRateHz: 8000 });
    for (const beat of [0, 1, 2, 3]) {
      expect(powerDb(clicks.slice(beat * 4000, beat * 4000 + 160))).toBeGreaterThan(-20);
      expect(powerDb(clicks.slice(beat * 4000 + 200, beat * 4000 + 3900))).toBe(-Infinity);
    }
  });

  it("speech pauses, speaks and is reproducible", () => {
    const speech = syntheticSpeech({ durationSec: 6, seed: 4, sampleRateHz: 16_000 });
    expect(syntheticSpeech({ durationSec: 6, seed: 4, sampleRateHz: 16_000 })).toEqual(speech);
    const frames = Array.from({ length: 60 }, (_, i) => powerDb(speech.slice(i * 1600, (i + 1) * 1600)));
    expect(frames.filter((db) => db < -60).length).toBeGreaterThan(3);
    expect(frames.filter((db) => db > -30).length).toBeGreaterThan(20);
  });
});
