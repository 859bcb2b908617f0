import { readFileSync } from "node:fs";
import type { Options } from "./options.ts";
import type { PlannedSeed } from "./play/plan-for.ts";

/** What is to be played, in this order. */
export function seedsToPlay({ does, seeds, ...options }: Options): PlannedSeed[] {
  const { hours, placed, isSkewed, takesDown, losesDatabase } = options;
  const asAsked = { hours, placed, isSkewed, takesDown, losesDatabase };
  return does === "kept" ? keptSeeds() : seeds.map((seed) => ({ seed, ...asAsked }));
}

/** Those that have broken a law before. */
function keptSeeds(): PlannedSeed[] {
  return JSON.parse(readFileSync(new URL("kept-seeds.json", import.meta.url), "utf8"));
}
