import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { key, tempo } from "@segue/bpm-key";
import { decode } from "@segue/decode";
import { downsample } from "@segue/downsample";
import { encode } from "@segue/encode";
import { loudness } from "@segue/loudness";
import { runStep } from "@segue/step/testing";

/** A master through the steps themselves, without a fleet: what a track's results would say. */
export async function analyse(path: string, dir: string) {
  const work = await mkdtemp(join(dir, "track-"));
  const outputDir = () => mkdtemp(join(work, "out-"));
  const master = { facts: { sizeBytes: 1 }, path };
  const decoded = await runStep(decode, { master }, { outputDir: await outputDir() });
  const pcm = { facts: decoded.facts, path: decoded.outputPath };
  const mono = await runStep(downsample, { pcm }, { outputDir: await outputDir() });
  const mono16k = { facts: mono.facts, path: mono.outputPath };
  const encoded = await runStep(encode, { master, pcm }, { outputDir: await outputDir() });
  return {
    pcm: decoded.facts,
    mono16k: mono.facts,
    loudness: (await runStep(loudness, { pcm })).facts,
    tempo: (await runStep(tempo, { mono16k })).facts,
    key: (await runStep(key, { mono16k })).facts,
    aac: encoded.facts,
    pcmPath: decoded.outputPath,
    monoPath: mono.outputPath,
    aacPath: encoded.outputPath,
  };
}
