import {
  composeTrack,
  degreeToMidi,
  type Mode,
  midiToHz,
  type PitchClass,
  pinkNoise,
  renderScore,
  silence,
  sine,
  syntheticSpeech,
  whiteNoise,
} from "@segue/synth";
import { describe, expect, test } from "vitest";
import { estimateKey } from "./estimate-key.ts";

const sampleRateHz = 16_000;

/** I IV V I twice over, a second each, of tones with four partials; `detuneCents` moves everything. */
function cadence(key: PitchClass, mode: Mode, detuneCents = 0): Float32Array {
  const degrees = [0, 3, 4, 0, 0, 3, 4, 0];
  const out = new Float32Array(degrees.length * sampleRateHz);
  degrees.forEach((degree, bar) => {
    for (const third of [0, 2, 4]) {
      // The leading tone of a minor key's dominant is raised.
      const raised = mode === "minor" && degree === 4 && third === 2 ? 1 : 0;
      const midi = degreeToMidi(key, mode, degree + third, 4) + raised + detuneCents / 100;
      for (let i = 0; i < sampleRateHz; i++) {
        const phase = (2 * Math.PI * midiToHz(midi) * i) / sampleRateHz;
        const tone =
          Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.3 * Math.sin(3 * phase) + 0.2 * Math.sin(4 * phase);
        const at = bar * sampleRateHz + i;
        out[at] = (out[at] ?? 0) + 0.1 * tone * Math.exp(-i / sampleRateHz);
      }
    }
  });
  return out;
}

describe("a cadence", () => {
  test.each([
    ["C", "major", "8B", "1d"],
    ["A", "minor", "8A", "1m"],
    ["F#", "major", "2B", "7d"],
    ["Db", "minor", "12A", "5m"],
    ["Eb", "major", "5B", "10d"],
    ["G", "minor", "6A", "11m"],
    ["B", "major", "1B", "6d"],
    ["E", "minor", "9A", "2m"],
  ] as const)("in %s %s is in that key (%s, %s)", (key, mode, camelot, openKey) => {
    const found = estimateKey(cadence(key, mode), sampleRateHz);
    expect(found).toMatchObject({ key, mode, camelot, openKey });
    expect(found.strength).toBeGreaterThan(0.7);
    expect(found.confidence).toBeGreaterThan(0.4);
  });

  test.each([-40, -25, 25, 40])("tuned %i cents off keeps its key", (cents) => {
    expect(estimateKey(cadence("D", "major", cents), sampleRateHz)).toMatchObject({
      key: "D",
      mode: "major",
    });
  });
});

test("composed tracks under drums are in their key, or else in a neighbouring one", () => {
  const requests = [
    { key: "G", mode: "major", style: "pop", bpm: 104, seed: 4 },
    { key: "F", mode: "minor", style: "dance", bpm: 126, seed: 5 },
    { key: "Bb", mode: "major", style: "ballad", bpm: 74, seed: 6 },
    { key: "E", mode: "minor", style: "hiphop", bpm: 90, seed: 7 },
    { key: "Db", mode: "major", style: "ambient", bpm: 82, seed: 8 },
    { key: "C", mode: "minor", style: "pop", bpm: 118, seed: 9 },
  ] as const;
  const found = requests.map((request) => {
    const { left } = renderScore(composeTrack({ ...request, durationSec: 20 }), { sampleRateHz });
    return { request, estimate: estimateKey(left, sampleRateHz) };
  });
  const exact = found.filter(
    ({ request: { key, mode }, estimate }) => estimate.key === key && estimate.mode === mode,
  );
  expect(exact.length).toBeGreaterThanOrEqual(5);
});

describe("what has no stable pitches has no key", () => {
  const length = { durationSec: 20, sampleRateHz };
  test.each([
    ["silence", silence(length), "silence"],
    ["an empty track", new Float32Array(0), "silence"],
    ["a single sample", Float32Array.of(0.5), "too-short"],
    ["white noise", whiteNoise({ ...length, seed: 1 }), "no-stable-pitch"],
    ["white noise of 3 s", whiteNoise({ ...length, durationSec: 3, seed: 2 }), "no-stable-pitch"],
    ["pink noise", pinkNoise({ ...length, seed: 3 }), "no-stable-pitch"],
    ["speech", syntheticSpeech({ ...length, seed: 5 }), "no-stable-pitch"],
    ["other speech", syntheticSpeech({ ...length, durationSec: 40, seed: 6 }), "no-stable-pitch"],
    ["a test tone", sine({ ...length, frequencyHz: 1000 }), "no-clear-key"],
  ] as const)("%s", (_, samples, reason) => {
    expect(estimateKey(samples, sampleRateHz)).toEqual({
      key: null,
      mode: null,
      strength: 0,
      confidence: 0,
      camelot: null,
      openKey: null,
      curve: [],
      reason,
    });
  });
});

test("a track's result does not depend on the track before it", () => {
  const first = estimateKey(cadence("Ab", "major"), sampleRateHz);
  expect(estimateKey(cadence("D", "minor"), sampleRateHz)).toMatchObject({ key: "D", mode: "minor" });
  expect(estimateKey(cadence("Ab", "major"), sampleRateHz)).toEqual(first);
});
