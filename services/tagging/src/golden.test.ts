import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { defaultModelDirectory } from "./default-model.ts";
import { loadModel } from "./load-model.ts";
import { scorePatches } from "./score-patches.ts";

const Golden = z.object({ scores: z.array(z.number()), embedding: z.array(z.number()) });

it("makes of a patch what the model did where it was trained, in 32 bits", async () => {
  const golden = Golden.parse(JSON.parse(await readFile(join(defaultModelDirectory, "golden.json"), "utf8")));
  const model = await loadModel(defaultModelDirectory);
  const patch = Float32Array.from({ length: 187 * 96 }, (_, i) => {
    const [t, b] = [Math.floor(i / 96), i % 96];
    return 1.5 + Math.sin(t * 0.3 + b * 0.05) + 0.5 * Math.cos(b * 0.4) * (t % 12 < 3 ? 1 : 0);
  });
  const { scores, embeddings } = scorePatches(model, patch);
  model.dispose();
  expect(scores.length).toBe(golden.scores.length);
  // Weights are halves, of 11 bits.
  golden.scores.forEach((score, i) => {
    expect(Math.abs((scores[i] ?? Number.NaN) - score)).toBeLessThan(0.005);
  });
  const size = Math.hypot(...golden.embedding);
  golden.embedding.forEach((value, i) => {
    expect(Math.abs((embeddings[i] ?? Number.NaN) - value)).toBeLessThan(0.01 * size);
  });
});
