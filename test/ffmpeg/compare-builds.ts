import type { HostileFile, Outcome } from "../hostile/corpus/hostile-file.ts";
import { describeOutcome, matchesOutcome } from "../hostile/feed/match-outcome.ts";
import type { BuildDecoders, DecodedByBuild } from "./decode-with-builds.ts";

export interface Comparison {
  readonly files: number;
  /** Files that end otherwise than expected with some build, in words. */
  readonly faults: readonly string[];
  /** Files that end otherwise with one build than with another, each as the corpus allows, in words. */
  readonly differences: readonly string[];
  /** Files of which builds make other samples: decoders of lossy codecs round differently. */
  readonly otherSamples: readonly string[];
}

/** Decodes each file with each build: all must end as the corpus expects. */
export async function compareBuilds(
  files: readonly HostileFile[],
  decoders: BuildDecoders,
): Promise<Comparison> {
  const found = { faults: [] as string[], differences: [] as string[], otherSamples: [] as string[] };
  let compared = 0;
  for (const file of files) {
    // What the API refuses never gets to a decoder.
    if (file.outcomes.every(({ state }) => state === "refused")) continue;
    compared += 1;
    const decoded = await decoders.decode(await file.make());
    const faults = describeFaults(file, decoded);
    found.faults.push(...faults);
    if (faults.length === 0) found.differences.push(...describeDifference(file, decoded));
    if (new Set(decoded.map(({ pcmSha256 }) => pcmSha256)).size > 1) found.otherSamples.push(file.name);
  }
  return { files: compared, ...found };
}

function describeFaults(file: HostileFile, decoded: readonly DecodedByBuild[]): string[] {
  const expected = file.outcomes.map(describeOutcome).join(" or ");
  return decoded
    .filter(({ outcome }) => !matchesOutcome(file.outcomes, outcome))
    .map(
      ({ build, outcome }) =>
        `${file.name}: expected ${expected}; ${build.name} gave ${describeOutcome(outcome)}`,
    );
}

function describeDifference({ name }: HostileFile, decoded: readonly DecodedByBuild[]): string[] {
  if (new Set(decoded.map(({ outcome }) => inShort(outcome))).size === 1) return [];
  return [
    `${name}: ${decoded.map(({ build, outcome }) => `${inShort(outcome)} (${build.name})`).join(", ")}`,
  ];
}

function inShort(outcome: Outcome): string {
  if (outcome.state !== "done") return `${outcome.state}: ${outcome.code}`;
  return `done ${[...(outcome.warnings ?? [])].toSorted().join(" ")}`;
}
