import { expect, test } from "vitest";
import { Tally } from "./tell.ts";

const played = (seed: number) => ({
  ...{ seed, digest: `digest of ${seed}`, breach: undefined },
  ...{ preemptions: 1, faults: 2, events: 3, cpuMs: 4 },
});

test("the same worlds have the same hash, in whatever order they were played, and others another", () => {
  const digestOf = (...seeds: number[]) => {
    const tally = new Tally();
    for (const seed of seeds) tally.add(played(seed));
    return tally.digest();
  };
  expect(digestOf(166, 67, 146)).toBe(digestOf(67, 146, 166));
  expect(digestOf(67, 146)).not.toBe(digestOf(67, 147));
});
