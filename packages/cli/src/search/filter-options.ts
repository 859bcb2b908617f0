/** What a track is to be like, for every command that finds tracks. */
import type { FacetsAsked } from "@segue/client";
import type { Command } from "commander";

export interface FilterFlags {
  readonly bpm?: string;
  readonly octaves: boolean;
  readonly key?: string;
  readonly harmonic: boolean;
  readonly tags?: string;
  readonly duration?: string;
  readonly loudness?: string;
  readonly state?: string;
  readonly accepted?: string;
  readonly words?: string;
  readonly where: readonly string[];
}

/** @param words what the two mean here. */
export function addFilters(command: Command, words: Record<"octaves" | "harmonic", string>): Command {
  const collect = (text: string, before: readonly string[]) => [...before, text];
  return command
    .option("--bpm <range>", "tempo in beats per minute")
    .option("--octaves", words.octaves, false)
    .option("--key <list>", "keys, as `8A`, `A minor`: any of them")
    .option("--harmonic", words.harmonic, false)
    .option("--tags <list>", "all of these, each with its least score behind a colon")
    .option("--duration <range>", "in seconds")
    .option("--loudness <range>", "in LUFS")
    .option("--state <list>", "any of these states")
    .option("--accepted <range>", "days, or instants in UTC")
    .option("--words <text>", "in title, file name and metadata; the last may be a beginning")
    .option(
      "--where <name=value>",
      "any other fact, or metadata.NAME; may be given several times",
      collect,
      [],
    );
}

/** As the API has them: a semicolon in a value is a double one there. */
export function filtersOf(flags: FilterFlags): FacetsAsked {
  const { bpm, octaves, key, harmonic, tags, duration, loudness, state, accepted, words, where } = flags;
  return {
    ...{ bpm, key, tags, duration, loudness, state, accepted, words },
    ...(octaves ? { octaves: "true" } : {}),
    ...(harmonic ? { harmonic: "true" } : {}),
    ...(where.length > 0 ? { where: where.map((one) => one.replaceAll(";", ";;")).join(";") } : {}),
  };
}
