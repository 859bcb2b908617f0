import { createRandom } from "@segue/synth";
import { memory } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultModelDirectory } from "./default-model.ts";
import { loadModel, type TaggingModel } from "./load-model.ts";
import { scorePatches } from "./score-patches.ts";

let model: TaggingModel;
beforeAll(async () => {
  model = await loadModel(defaultModelDirectory);
});
afterAll(() => model.dispose());

function randomPatches(count: number): Float32Array {
  const random = createRandom(1);
  const { patchFrames, bands } = model.manifest.input;
  return Float32Array.from({ length: count * patchFrames * bands }, () => random.between(0, 4));
}

describe("scorePatches", () => {
  it("scores in chunks what one batch scores", () => {
    const patches = randomPatches(11);
    const whole = scorePatches(model, patches, 11);
    expect(whole.scores.length).toBe(11 * model.manifest.labels.length);
    expect(whole.embeddings.length).toBe(11 * (model.manifest.embedding?.size ?? 0));
    for (const perRun of [1, 3, 8]) {
      const chunked = scorePatches(model, patches, perRun);
      for (const of of ["scores", "embeddings"] as const) {
        whole[of].forEach((value, i) => {
          expect(Math.abs((chunked[of][i] ?? Number.NaN) - value)).toBeLessThan(1e-4);
        });
      }
    }
  });

  it("leaves no tensor behind, however often it runs", () => {
    const patches = randomPatches(9);
    scorePatches(model, patches);
    const before = memory().numTensors;
    for (let run = 0; run < 5; run++) scorePatches(model, patches);
    expect(memory().numTensors).toBe(before);
  });

  it("has no scores for no patches", () => {
    const { scores, embeddings } = scorePatches(model, new Float32Array(0));
    expect([scores.length, embeddings.length]).toEqual([0, 0]);
  });
});
