import { composeTrack, type InstrumentName, renderScore, silence, whiteNoise } from "@segue/synth";
import { memory } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultModelDirectory } from "./default-model.ts";
import type { TrackTags } from "./describe-track.ts";
import { loadModel, type TaggingModel } from "./load-model.ts";
import { tagTrack } from "./tag-track.ts";
import { samplesInMemory } from "./wav-samples.ts";

let model: TaggingModel;
beforeAll(async () => {
  model = await loadModel(defaultModelDirectory);
});
afterAll(() => model.dispose());

async function tagWhole(...track: Parameters<typeof tagTrack>): Promise<TrackTags> {
  const pieces = tagTrack(...track);
  for (;;) {
    const { done, value } = await pieces.next();
    if (done) return value;
  }
}

/** Seeds far from those that the model learnt from. */
function play(instruments: readonly InstrumentName[], seed = 5_000_000): Float32Array {
  const request = { seed, bpm: 112, key: "D", mode: "major", durationSec: 13, instruments } as const;
  return renderScore(composeTrack(request), { sampleRateHz: 16_000 }).left;
}

const tagsOf = async (samples: Float32Array): Promise<string[]> =>
  (await tagWhole(samplesInMemory(samples), model)).tags.map(({ tag }) => tag);

describe("tagTrack", () => {
  it("hears drums in a drum loop, and none in strings", async () => {
    const drums = await tagsOf(play(["drums"]));
    expect(drums).toContain("drums");
    expect(drums).not.toContain("strings");
    const strings = await tagsOf(play(["strings"]));
    expect(strings).not.toContain("drums");
  });

  it("hears noise in noise and nothing else, and neither noise nor speech in music", async () => {
    for (const seed of [5_000_000, 5_000_001]) {
      const noise = whiteNoise({ durationSec: 10, sampleRateHz: 16_000, seed });
      expect(await tagsOf(noise)).toEqual(["noise"]);
    }
    for (const instruments of [
      ["drums"],
      ["lead", "bass", "drums"],
      ["piano"],
      ["guitar", "strings"],
    ] as const) {
      const tags = await tagsOf(play(instruments));
      expect(tags).not.toContain("noise");
      expect(tags).not.toContain("speech");
    }
  });

  it("says where it is, by a vector of unit length: near itself after a cut, farther from others", async () => {
    const placeOf = async (samples: Float32Array): Promise<number[]> => {
      const { embedding } = await tagWhole(samplesInMemory(samples), model);
      return embedding?.vector ?? expect.unreachable();
    };
    const track = play(["lead", "drums", "bass"]);
    const [whole, part, other] = [
      await placeOf(track),
      await placeOf(track.subarray(20_000)),
      await placeOf(play(["piano"])),
    ];
    const likeness = (a: number[], b: number[]): number =>
      a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
    expect(whole).toHaveLength(128);
    expect(Math.abs(likeness(whole, whole) - 1)).toBeLessThan(0.01);
    expect(likeness(whole, part)).toBeGreaterThan(0.9);
    expect(likeness(whole, part)).toBeGreaterThan(likeness(whole, other) + 0.1);
  });

  it("says when what it reports is heard, and that it is not where all is silent", async () => {
    const drums = play(["drums"]);
    const samples = new Float32Array(60 * 16_000);
    samples.set(drums);
    const { tags, overTime } = await tagWhole(samplesInMemory(samples), model);
    expect(overTime?.scores.map(({ tag }) => tag)).toEqual(tags.map(({ tag }) => tag));
    expect(overTime?.startSec).toEqual([0, 23.94, 47.87]);
    for (const { scores } of overTime?.scores ?? []) {
      expect(scores[0]).toBeGreaterThan(0);
      expect(scores.slice(1)).toEqual([0, 0]);
    }
  });

  it("orders tags by score, all at or above their thresholds, and names its model", async () => {
    const result = await tagWhole(samplesInMemory(play(["drums", "bass", "guitar", "piano"])), model);
    expect(result.tags.length).toBeGreaterThan(0);
    expect(result.tags).toEqual(result.tags.toSorted((a, b) => b.score - a.score));
    for (const { tag, score } of result.tags) {
      const threshold = model.manifest.labels.find((label) => label.tag === tag)?.threshold;
      expect(score).toBeGreaterThanOrEqual((threshold ?? Number.NaN) - 5e-5);
    }
    expect(result.model.digest).toBe(model.manifest.files["weights.bin"]);
    expect(result.patches).toBe(4);
  });

  it.each([
    ["silence", silence({ durationSec: 10, sampleRateHz: 16_000 }), "silence"],
    ["no samples", new Float32Array(0), "shorter than 0.5 s"],
    ["a single sample", Float32Array.of(0.5), "shorter than 0.5 s"],
    ["0.3 s", play(["drums"]).subarray(0, 4800), "shorter than 0.5 s"],
  ])("has no tags for %s, and says why", async (_what, samples, reason) => {
    const result = await tagWhole(samplesInMemory(samples), model);
    expect(result).toMatchObject({ tags: [], patches: 0, reason });
  });

  it("repeats what is shorter than a patch, and leaves silent patches out", async () => {
    const drums = play(["drums"]);
    const short = await tagWhole(samplesInMemory(drums.subarray(16_000, 32_000)), model);
    expect(short.patches).toBe(1);
    const padded = new Float32Array(drums.length * 3);
    padded.set(drums, drums.length);
    const result = await tagWhole(samplesInMemory(padded), model);
    expect(result.patches).toBeLessThanOrEqual(6);
    expect(result.tags.map(({ tag }) => tag)).toContain("drums");
  });

  it("leaks no tensors over repeated runs, and gives A the same after B", async () => {
    const [a, b] = [play(["piano"]), play(["drums", "bass"])];
    const first = await tagWhole(samplesInMemory(a), model);
    const tensors = memory().numTensors;
    await tagWhole(samplesInMemory(b), model);
    expect(await tagWhole(samplesInMemory(a), model)).toEqual(first);
    expect(memory().numTensors).toBe(tensors);
  });

  it("stops when it is told to", async () => {
    const aborted = AbortSignal.abort();
    await expect(tagWhole(samplesInMemory(play(["piano"])), model, undefined, aborted)).rejects.toThrow(
      aborted.reason,
    );
  });
});
