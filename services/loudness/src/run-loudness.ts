import { readFile, rm } from "node:fs/promises";
import { loudnessWeight, nameChannels } from "@segue/audio";
import type { FactsOf, Loudness, Pcm } from "@segue/contracts";
import { energiesRange, parseEnergies } from "@segue/dsp";
import type { Input } from "@segue/step";
import { describeLoudness } from "./describe-loudness.ts";

/**
 * The loudness of a master of any length, from what was measured on its own channels as it was decoded: energies that lie behind the
 * samples of `pcm`. Only they are fetched, 10 kB for four minutes.
 */
export async function runLoudness(
  pcm: Pick<Input<typeof Pcm>, "facts" | "fetchRange">,
): Promise<FactsOf<typeof Loudness>> {
  const { start, end } = energiesRange(pcm.facts);
  const path = await pcm.fetchRange(start, end);
  const energies = parseEnergies(await readFile(path));
  await rm(path, { force: true });
  const { sourceChannels, channelLayout, truePeakDbtp = null } = pcm.facts;
  const { names } = nameChannels(sourceChannels, channelLayout);
  return {
    ...describeLoudness(energies, truePeakDbtp),
    measuredChannels: names.map((name) => ({ name, weight: loudnessWeight(name) })),
  };
}
