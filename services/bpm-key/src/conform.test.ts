import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { conformStep } from "@segue/conform";
import { encodeWav } from "@segue/dsp";
import { clickTrack, composeTrack, renderScore } from "@segue/synth";
import { key } from "./key.step.ts";
import { tempo } from "./tempo.step.ts";

const sampleRateHz = 16_000;

async function mono16kOf(path: string, samples: Float32Array) {
  const pcm = Int16Array.from(samples, (sample) => Math.round(sample * 32_767));
  await writeFile(path, encodeWav(pcm, { sampleRateHz, channels: 1 }));
  const durationSec = samples.length / sampleRateHz;
  const levels = { peakDb: -2, rmsDb: -25, silent: false };
  return {
    path,
    facts: { sampleRateHz: 16_000 as const, sampleCount: samples.length, durationSec, ...levels },
  };
}

async function samples(folder: string) {
  const music = renderScore(
    composeTrack({ seed: 3, bpm: 124, key: "A", mode: "minor", durationSec: 8, style: "pop" }),
    { sampleRateHz },
  );
  const clicks = clickTrack({ bpm: 120, durationSec: 6, sampleRateHz });
  return {
    music: { mono16k: await mono16kOf(join(folder, "music.wav"), music.left) },
    clicks: { mono16k: await mono16kOf(join(folder, "clicks.wav"), clicks) },
  };
}

conformStep(tempo, { module: new URL("./tempo.step.ts", import.meta.url), samples });
conformStep(key, { module: new URL("./key.step.ts", import.meta.url), samples });
