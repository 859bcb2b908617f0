import type { Check } from "../check.ts";
import { demandSame } from "../compare.ts";

/** `fetchWholeUpToBytes` is not part of the address: results must not depend on it. */
export const readsInRanges: Check = {
  title: "read in ranges, as larger inputs are, it comes to the same result",
  async run(subject) {
    if (subject.ranged.length === 0) return { skipped: "its inputs are all fetched whole, or all in ranges" };
    for (const [index, sample] of subject.samples.entries()) {
      const ranged = subject.ranged[index];
      if (!ranged) continue;
      const { made } = await subject.reference(sample);
      demandSame(made, (await subject.reference(ranged)).made, `"${ranged.name}"`);
    }
    return undefined;
  },
};
