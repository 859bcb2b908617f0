import type { LabelledSet } from "./read-set.ts";

/** Sets by the SHA-256 of their `truth.csv`, and packages by name. */
const chosenOn: Readonly<Record<string, string>> = {
  "6bef4f15ff5ee243d2ee9296e81a93286bc3ef74dd3afaf478ed774b4b6ec740":
    "how a pulse is counted was learned on it, among others; the key profile and the thresholds for none were chosen on it",
};

/** Packages whose music a model was trained on. */
const trainedPackages: ReadonlySet<string> = new Set([
  "bomberclone-data",
  "bugsquish",
  "circuslinux-data",
  "flobopuyo",
  "freedoom",
  "freedroid-data",
  "fretsonfire-songs-sectoid",
  "madbomber-data",
  "openttd-openmsx",
  "pekka-kana-2-data",
  "pingus-data",
  "rafkill-data",
  "rockdodger",
  "solarwolf",
  "tecnoballz-data",
  "tomatoes-data",
  "vodovod",
]);

/** What was chosen on a set, in words; undefined where nothing was, as far as is known. */
export function isChosenOn({ digest, clips }: LabelledSet): string | undefined {
  const packages = new Set(clips.map(({ group }) => group).filter((group) => trainedPackages.has(group)));
  return (
    chosenOn[digest] ??
    (packages.size > 0 ? `a model was trained on music of ${[...packages].join(", ")}` : undefined)
  );
}
