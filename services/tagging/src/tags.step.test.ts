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

  it("gives silence no tags", async () => {
    const { facts } = await runStep(tags, { mono16k: await mono16k(new Float32Array(64_000)) });
    expect(facts).toMatchObject({ tags: [], reason: "silence" });
  });
});
