import { spawnSync } from "node:child_process";
import { writePcm } from "@segue/audio/testing";
import { conformStep } from "@segue/conform";
import { describe } from "vitest";
import { crest } from "./crest.step.ts";

const hasPython = spawnSync("python3", ["--version"]).status === 0;
if (!hasPython) console.warn("skipped: the step crest needs python3, and this machine has none on its PATH");

const wave = (length: number, amplitude: number) =>
  Float32Array.from({ length }, (_, i) => amplitude * Math.sin(i / 20));

describe.skipIf(!hasPython)("a step in Python", () => {
  conformStep(crest, {
    module: new URL("./crest.step.ts", import.meta.url),
    async samples(folder) {
      // Longer than a chunk of the program's, after which it yields.
      const long = wave(31 * 44_100, 0.3);
      return {
        short: { pcm: await writePcm(`${folder}/short.wav`, [wave(4_410, 0.5), wave(4_410, 0.1)]) },
        long: { pcm: await writePcm(`${folder}/long.wav`, [long]) },
      };
    },
    async refuses(folder) {
      return {
        "no samples": {
          inputs: { pcm: await writePcm(`${folder}/none.wav`, [[]]) },
          code: "no-samples-decoded",
        },
      };
    },
  });
});
