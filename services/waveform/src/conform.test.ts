import { writePcm } from "@segue/audio/testing";
import { conformStep } from "@segue/conform";
import { pinkNoise, sine } from "@segue/synth";
import { waveform } from "./waveform.step.ts";

const of = { sampleRateHz: 44_100 };

conformStep(waveform, {
  module: new URL("./waveform.step.ts", import.meta.url),
  async samples(folder) {
    const noise = pinkNoise({ durationSec: 1.5, seed: 4, amplitude: 0.7, ...of });
    const tone = sine({ frequencyHz: 440, durationSec: 1, amplitude: 0.5, ...of });
    return {
      noise: { pcm: await writePcm(`${folder}/noise.wav`, [noise, noise.map((value) => value / 2)]) },
      tone: { pcm: await writePcm(`${folder}/tone.wav`, [tone]) },
    };
  },
});
