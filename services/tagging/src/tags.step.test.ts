import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runStep } from "@segue/step/testing";
import { composeDemo, encodeWav, renderScore } from "@segue/synth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tags } from "./tags.step.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "segue-tags-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function mono16k(samples: Float32Array) {
  const path = join(directory, "mono.wav");
  await writeFile(path, encodeWav({ channels: [samples], sampleRateHz: 16_000, bitDepth: 16 }));
  const durationSec = samples.length / 16_000;
  const silent = samples.every((value) => value === 0);
  const levels = silent ? { peakDb: null, rmsDb: null } : { peakDb: -1, rmsDb: -15 };
  const facts = {
    sampleRateHz: 16_000 as const,
    sampleCount: samples.length,
    durationSec,
    silent,
    ...levels,
  };
  return { facts, path };
}

describe("tags", () => {
  it("tags the demo track with the model's digest, as its address has it", async () => {
    const { left } = renderScore(composeDemo(), { sampleRateHz: 16_000 });
    const { facts } = await runStep(tags, { mono16k: await mono16k(left) });
    expect(facts.tags.map(({ tag }) => tag)).toContain("drums");
    expect(facts.model).toEqual(tags.model);
  });

  it("tags in pieces, read in ranges, to the bit what it tags at once", async () => {
    const { left } = renderScore(composeDemo(), { sampleRateHz: 16_000 });
    // With a pause of a minute, so that pieces have silent patches, or nothing else.
    const samples = new Float32Array(2 * left.length + 60 * 16_000);
    samples.set(left);
    samples.set(left, left.length + 60 * 16_000);
    const input = { mono16k: await mono16k(samples) };
    const whole = (await runStep(tags, input)).facts;
    expect(whole.patches).toBeGreaterThan(16);
    const inRanges = { ...tags, fetchWholeUpToBytes: 0 };
    for (const [step, interruptEvery] of [
      [tags, 1],
      [inRanges, Number.POSITIVE_INFINITY],
      [inRanges, 1],
      [inRanges, 2],
    ] as const) {
      const { facts } = await runStep(step, input, { interruptEvery });
      expect(JSON.stringify(facts)).toBe(JSON.stringify(whole));
    }
  });

  it("gives silence no tags", async () => {
    const { facts } = await runStep(tags, { mono16k: await mono16k(new Float32Array(64_000)) });
    expect(facts).toMatchObject({ tags: [], reason: "silence" });
  });
});
