import { writePcm } from "@segue/audio/testing";
import { conformStep } from "@segue/conform";
import { runStep } from "@segue/step/testing";
import { pinkNoise, sine } from "@segue/synth";
import { waveform } from "./waveform.step.ts";
import { waveformSvg } from "./waveform-svg.step.ts";

const of = { sampleRateHz: 44_100 };
const pcmOf = async (folder: string) => {
  const noise = pinkNoise({ durationSec: 1.5, seed: 4, amplitude: 0.7, ...of });
  const tone = sine({ frequencyHz: 440, durationSec: 1, amplitude: 0.5, ...of });
  return {
    noise: { pcm: await writePcm(`${folder}/noise.wav`, [noise, noise.map((value) => value / 2)]) },
    tone: { pcm: await writePcm(`${folder}/tone.wav`, [tone]) },
  };
};

conformStep(waveform, { module: new URL("./waveform.step.ts", import.meta.url), samples: pcmOf });

conformStep(waveformSvg, {
  module: new URL("./waveform-svg.step.ts", import.meta.url),
  async samples(folder) {
    const { noise, tone } = await pcmOf(folder);
    const drawn = async (given: typeof noise) => {
      const { facts, outputPath: path } = await runStep(waveform, given);
      return { waveform: { facts, path } };
    };
    return { noise: await drawn(noise), tone: await drawn(tone) };
  },
});
