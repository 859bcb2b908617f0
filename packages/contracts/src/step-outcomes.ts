import { z } from "zod";
import { boundedArray } from "./bounded-array.ts";
import { TrackId } from "./ids.ts";
import type { StepOutcome } from "./messages.ts";

/** What one message may hold: far more than an attempt of all steps says, and few enough for the catalog to write at once. */
export const maxBundled = { outcomes: 100, bytes: 256 * 1024 };

/**
 * What several steps have come to for one track, in the order in which they ended: each as it would be said alone (`StepOutcome`), and read by
 * itself, so that one that can't be read is in the way of no other. Published on the `outcomes` topic.
 */
export const StepOutcomes = z.object({
  v: z.literal(1),
  type: z.literal("StepOutcomes"),
  /** Whose they are, also of one that can't be read. */
  trackId: TrackId,
  outcomes: boundedArray(z.unknown(), maxBundled.outcomes),
});
export type StepOutcomes = z.infer<typeof StepOutcomes>;

/**
 * As few messages as say all of it, in the same order. What would be alone in its bundle goes without one, so a single outcome may be larger than
 * a bundle.
 */
export function bundleOutcomes(outcomes: readonly StepOutcome[]): (StepOutcome | StepOutcomes)[] {
  const bundles: StepOutcome[][] = [];
  let bytes = 0;
  for (const outcome of outcomes) {
    const size = Buffer.byteLength(JSON.stringify(outcome));
    const last = bundles.at(-1);
    const fits =
      last?.[0]?.trackId === outcome.trackId &&
      last.length < maxBundled.outcomes &&
      bytes + size <= maxBundled.bytes;
    bytes = fits ? bytes + size : size;
    if (fits) last.push(outcome);
    else bundles.push([outcome]);
  }
  return bundles.flatMap(([first, ...others]): (StepOutcome | StepOutcomes)[] => {
    if (!first || others.length === 0) return first ? [first] : [];
    return [{ v: 1, type: "StepOutcomes", trackId: first.trackId, outcomes: [first, ...others] }];
  });
}
