import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { conformStep } from "@segue/conform";
import { composeDemo, encodeWav, renderScore, silence } from "@segue/synth";
import { tags } from "./tags.step.ts";

const sampleRateHz = 16_000;

async function mono16kOf(path: string, samples: Float32Array) {
  await writeFile(path, encodeWav({ channels: [samples], sampleRateHz, bitDepth: 16 }));
  const durationSec = samples.length / sampleRateHz;
  const levels = { peakDb: -1, rmsDb: -15, silent: false };
  return {
    path,
    facts: { sampleRateHz: 16_000 as const, sampleCount: samples.length, durationSec, ...levels },
  };
}

conformStep(tags, {
  module: new URL("./tags.step.ts", import.meta.url),
  async samples(folder) {
    const { left } = renderScore(composeDemo(), { sampleRateHz });
    return {
      music: { mono16k: await mono16kOf(join(folder, "music.wav"), left) },
      silence: {
        mono16k: await mono16kOf(join(folder, "silence.wav"), silence({ durationSec: 4, sampleRateHz })),
      },
    };
  },
});
