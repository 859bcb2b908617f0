// What the model says of each patch, as the product runs it:
//   node research/tags/score.ts OUT MODEL
// Reads OUT/patches.u16, writes OUT/scores.f32: for each patch its scores, then its embedding.
import { open } from "node:fs/promises";
import { join } from "node:path";
import { loadModel } from "@segue/tagging/load-model";
import { scorePatches } from "@segue/tagging/score-patches";

const [folder, directory] = process.argv.slice(2);
if (!folder || !directory) throw new Error("expected: score.ts OUT MODEL");
const model = await loadModel(directory);
const { labels, input, embedding } = model.manifest;
const perRead = 32;
const patchBytes = input.patchFrames * input.bands * 2;
const patches = await open(join(folder, "patches.u16"));
const out = await open(join(folder, "scores.f32"), "w");
const bytes = Buffer.alloc(perRead * patchBytes);
let cpuMs = 0;
let count = 0;
for (;;) {
  const { bytesRead } = await patches.read(bytes, 0, bytes.length);
  const read = Math.floor(bytesRead / patchBytes);
  if (read === 0) break;
  const values = new Uint16Array(bytes.buffer, bytes.byteOffset, (read * patchBytes) / 2);
  const before = process.cpuUsage();
  const scored = scorePatches(
    model,
    Float32Array.from(values, (value) => value / 10_000),
  );
  const used = process.cpuUsage(before);
  cpuMs += (used.user + used.system) / 1000;
  const size = embedding?.size ?? 0;
  for (let i = 0; i < read; i++) {
    await out.write(scored.scores.slice(i * labels.length, (i + 1) * labels.length));
    await out.write(scored.embeddings.slice(i * size, (i + 1) * size));
  }
  count += read;
}
await out.close();
await patches.close();
console.error(`${count} patches, ${(cpuMs / count).toFixed(2)} CPU-ms each`);
