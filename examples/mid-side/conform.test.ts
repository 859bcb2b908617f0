import { writePcm } from "@segue/audio/testing";
import { conformStep } from "@segue/conform";
import { midSide } from "./mid-side.step.ts";

const wave = (length: number, amplitude: number) =>
  Float32Array.from({ length }, (_, i) => amplitude * Math.sin(i / 20));

conformStep(midSide, {
  module: new URL("./mid-side.step.ts", import.meta.url),
  async samples(folder) {
    return {
      wide: { pcm: await writePcm(`${folder}/wide.wav`, [wave(44_100, 0.5), wave(44_100, -0.1)]) },
      narrow: { pcm: await writePcm(`${folder}/narrow.wav`, [wave(4_410, 0.3), wave(4_410, 0.3)]) },
    };
  },
  async refuses(folder) {
    return {
      "one channel": {
        inputs: { pcm: await writePcm(`${folder}/mono.wav`, [wave(4_410, 0.3)]) },
        code: "not-stereo",
      },
    };
  },
});
