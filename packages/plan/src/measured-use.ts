import type { CloudUse, StoredBytes } from "./price-track.ts";

/** What was counted of a track: by whoever asks it, the parts that every track takes and those that its steps take. */
interface Measured {
  readonly use: CloudUse;
  readonly stored: StoredBytes;
}

/** Steps of the chain that was counted. */
const countedSteps = 8;
/** Of any track, whatever is made of it: its master and itself are written, and it is told of twice. */
const ofTrack: CloudUse = {
  classA: 2,
  classB: 0,
  published: 2,
  publishedBytes: 2_000,
  delivered: 2,
  deliveredBytes: 2_000,
};

/**
 * Counted by `npm run bench cost -- --minutes 4` of an MP3 of four minutes, all eight steps, in November 2026: where each service of a placement hosts
 * what a fleet's list says (`apart`), and where one hosts all (`together`). docs/cost-counted.md has them in words; test/chain/test-cost.ts holds fleets to them.
 */
export const measuredUse = {
  apart: {
    use: {
      ...{ classA: 12, classB: 10 },
      ...{ published: 12, publishedBytes: 19_646, delivered: 17, deliveredBytes: 31_565 },
    },
    stored: { masters: 9_602_656, records: 10_154, assets: 4_220_077, scratch: 50_025_696 },
  },
  together: {
    // On a machine with nothing else to do: on one where a track takes longer than eight seconds it is handed on, four operations and messages more.
    use: {
      ...{ classA: 5, classB: 2 },
      ...{ published: 3, publishedBytes: 13_700, delivered: 3, deliveredBytes: 13_800 },
    },
    stored: { masters: 9_602_656, records: 10_154, assets: 4_220_077, scratch: 0 },
  },
} as const satisfies Readonly<Record<string, Measured>>;

/**
 * What a track of four minutes uses about: what was counted, by the share of the steps that it takes. What steps leave behind is not told apart: it is
 * that of all of them, at most.
 *
 * @param steps how many of them are in services of their own, and how many are put together by a placement.
 */
export function reckonUse({ apart, together }: Readonly<Record<keyof typeof measuredUse, number>>): Measured {
  const isTogether = together > apart;
  const ofSteps = (key: keyof CloudUse) =>
    ((measuredUse.apart.use[key] - ofTrack[key]) * apart +
      (measuredUse.together.use[key] - ofTrack[key]) * together) /
    countedSteps;
  const all = (key: keyof CloudUse) => ofTrack[key] + ofSteps(key);
  return {
    use: {
      classA: all("classA"),
      classB: all("classB"),
      published: all("published"),
      publishedBytes: all("publishedBytes"),
      delivered: all("delivered"),
      deliveredBytes: all("deliveredBytes"),
    },
    stored: (isTogether ? measuredUse.together : measuredUse.apart).stored,
  };
}
