import { readFileSync } from "node:fs";
import type { Options } from "./options.ts";
import type { PlannedSeed } from "./play/plan-for.ts";

/** What is to be played, in this order: where many seeds are, those come first that have broken a law before. */
export function seedsToPlay({
  does,
  seeds,
  hours,
  placed,
  isSkewed,
  takesDown,
  plant,
  tellsJson,
}: Options): PlannedSeed[] {
  const asked = seeds.map((seed) => ({ seed, hours, placed, isSkewed, takesDown }));
  if (does === "kept") return keptSeeds();
  // Whoever started this process has seen to the kept ones.
  return seeds.length === 1 || plant !== undefined || tellsJson ? asked : [...keptSeeds(), ...asked];
}

function keptSeeds(): PlannedSeed[] {
  return JSON.parse(readFileSync(new URL("kept-seeds.json", import.meta.url), "utf8"));
}
