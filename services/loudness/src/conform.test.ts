import { writePcm } from "@segue/audio/testing";
import { conformStep } from "@segue/conform";
import { pinkNoise, silence } from "@segue/synth";
import { loudness } from "./loudness.step.ts";

const of = { sampleRateHz: 44_100 };

conformStep(loudness, {
  module: new URL("./loudness.step.ts", import.meta.url),
  async samples(folder) {
    const noise = pinkNoise({ durationSec: 4, seed: 4, amplitude: 0.7, ...of });
    return {
      noise: { pcm: await writePcm(`${folder}/noise.wav`, [noise, noise]) },
      silence: { pcm: await writePcm(`${folder}/silence.wav`, [silence({ durationSec: 1, ...of })]) },
    };
  },
});
