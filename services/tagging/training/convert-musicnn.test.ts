import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadModel } from "../src/load-model.ts";
import { scorePatches } from "../src/score-patches.ts";
import { readTrainingConfig } from "./config.ts";
import { convertMusicnn } from "./convert-musicnn.ts";

const { musicnnDirectory } = readTrainingConfig();
const weights = musicnnDirectory && join(musicnnDirectory, "MTT_musicnn.h5");
const labels = musicnnDirectory && join(musicnnDirectory, "labels.json");
const present = weights !== undefined && existsSync(weights);
if (!present) console.warn("SKIPPED: convert-musicnn needs SEGUE_MUSICNN_DIR, a folder with MTT_musicnn.h5");

/** Scores over 0.05 of the patch below, by a NumPy implementation of the same graph on the same file (float32). */
const expected: Record<string, number> = {
  techno: 0.8059,
  electronic: 0.6276,
  fast: 0.1392,
  synth: 0.4627,
  "no vocals": 0.0925,
  "no vocal": 0.0996,
};

describe("convertMusicnn", () => {
  it.skipIf(!present)("gives a model directory that scores as the original does, within 0.002", async () => {
    if (!weights || !labels) throw new Error("unreachable: skipped");
    const out = await mkdtemp(join(tmpdir(), "segue-musicnn-"));
    try {
      await convertMusicnn({ weights, labels, out });
      const model = await loadModel(out);
      const patch = Float32Array.from({ length: 187 * 96 }, (_, i) => {
        const [t, b] = [Math.floor(i / 96), i % 96];
        return 1.5 + Math.sin(t * 0.3 + b * 0.05) + 0.5 * Math.cos(b * 0.4) * (t % 12 < 3 ? 1 : 0);
      });
      const { scores } = scorePatches(model, patch);
      model.manifest.labels.forEach(({ tag }, i) => {
        const score = scores[i] ?? Number.NaN;
        if (tag in expected) expect(Math.abs(score - (expected[tag] ?? 0))).toBeLessThan(0.002);
        else expect(score).toBeLessThan(0.05);
      });
      model.dispose();
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  });
});
