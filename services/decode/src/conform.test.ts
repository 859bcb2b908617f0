import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFile, sine } from "@segue/audio/testing";
import { conformStep } from "@segue/conform";
import { encodeWav, pinkNoise } from "@segue/synth";
import { decode } from "./decode.step.ts";

const given = (path: string) => ({ master: { path, facts: { sizeBytes: 0 } } });

conformStep(decode, {
  module: new URL("./decode.step.ts", import.meta.url),
  async samples(folder) {
    const noise = pinkNoise({ durationSec: 1, seed: 4, amplitude: 0.7, sampleRateHz: 48_000 });
    const wav = join(folder, "noise.wav");
    await writeFile(wav, encodeWav({ channels: [noise, noise], sampleRateHz: 48_000, bitDepth: 24 }));
    const mp3 = await makeFile(join(folder, "tone.mp3"), sine({ sec: 0.5, channels: 2 }));
    return { wav: given(wav), mp3: given(mp3) };
  },
  async refuses(folder) {
    const files = { empty: "", text: "no audio at all" };
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    return {
      empty: { inputs: given(join(folder, "empty")), code: "empty-file" },
      text: { inputs: given(join(folder, "text")), code: "not-audio" },
    };
  },
});
