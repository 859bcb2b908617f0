// Log-mel patches of stretches of sound, by the product's own front end:
//   node research/tags/patches.ts OUT
// Reads OUT/audio.s16 (render.py), writes OUT/patches.u16: 187 x 96 values of each, in ten-thousandths. Goes on where it was stopped.
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { createMelFrontEnd } from "@segue/tagging/mel-front-end";
import { input } from "@segue/tagging/model-input";

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("expected: patches.ts OUT");
const frontEnd = createMelFrontEnd(input);
const samplesPerStretch = (input.patchFrames - 1) * input.hop + input.fftSize;
const bytes = Buffer.alloc(samplesPerStretch * 2);
const samples = new Float32Array(samplesPerStretch);
const patch = new Float32Array(input.patchFrames * input.bands);
const target = join(folder, "patches.u16");
const audio = await open(join(folder, "audio.s16"));
const out = await open(target, "a");
let count = Math.floor((await stat(target)).size / (patch.length * 2));
await out.truncate(count * patch.length * 2);
while ((await audio.read(bytes, 0, bytes.length, count * bytes.length)).bytesRead === bytes.length) {
  for (let i = 0; i < samples.length; i++) samples[i] = bytes.readInt16LE(i * 2) / 32_768;
  frontEnd.writeFrames(samples, input.fftSize / 2, input.patchFrames, patch);
  await out.write(Uint16Array.from(patch, (value) => Math.round(value * 10_000)));
  count++;
}
await out.close();
await audio.close();
console.error(`${count} patches`);
