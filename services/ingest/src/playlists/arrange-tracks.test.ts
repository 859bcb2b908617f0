import { expect, test } from "vitest";
import { createPicks } from "../fixtures/crossed-requests.ts";
import { type Arrangeable, arrangeTracks, beginnings, type Wish } from "./arrange-tracks.ts";
import { mixOf } from "./mix-cost.ts";

interface Track extends Arrangeable {
  readonly n: number;
}
const wishOf = (changes: Partial<Wish> = {}): Wish => ({
  ...{ wantedSec: 3_600, course: undefined, harmonic: false, octaves: false },
  ...{ mostTracks: 200, beginsWithFirst: false },
  ...changes,
});
const trackOf = (n: number, changes: Partial<Track> = {}): Track => ({
  ...{ n, master: `m${n}`, durationSec: 240, bpm: 120, camelot: "8A", loudness: -10, energy: 0.5 },
  ...changes,
});
const many = (count: number, seed = 1): Track[] => {
  const { random } = createPicks(seed);
  return Array.from({ length: count }, (_, n) =>
    trackOf(n, {
      durationSec: 120 + 300 * random(),
      bpm: 90 + 60 * random(),
      camelot: `${1 + Math.floor(12 * random())}${random() < 0.5 ? "A" : "B"}`,
      loudness: -16 + 10 * random(),
      energy: random(),
    }),
  );
};
const order = async (tracks: Track[], wish: Wish) =>
  (await arrangeTracks(tracks, wish)).map(({ track }) => track.n);
const costOf = (all: Awaited<ReturnType<typeof arrangeTracks>>) =>
  all.reduce((sum, { transition }) => sum + (transition?.cost ?? 0), 0);

test("no track is there twice, nor another of the same master", async () => {
  const tracks = many(60);
  const twins = tracks.map((track) => ({ ...track, n: track.n + 100 }));
  const all = await order([...tracks, ...twins], wishOf({ wantedSec: 36_000 }));
  expect(all.length).toBe(60);
  expect(new Set(all.map((n) => n % 100)).size).toBe(60);
  const nameless = [1, 2, 3].map((n) => trackOf(n, { master: null }));
  expect((await order(nameless, wishOf())).toSorted()).toEqual([1, 2, 3]);
});

test("the same tracks give the same playlist, and each begins where the one before it ends", async () => {
  const first = await arrangeTracks(many(200), wishOf());
  expect(await arrangeTracks(many(200), wishOf())).toEqual(first);
  let sec = 0;
  for (const { track, startSec } of first) {
    expect(startSec).toBeCloseTo(sec, 6);
    sec += track.durationSec;
  }
  // As near to what is wished for as half of the shortest track.
  expect(Math.abs(sec - 3_600)).toBeLessThan(60 + 1);
});

/** What is nearest each time, as long. */
function costOfNearest([first, ...others]: Track[], wish: Wish, count: number): number {
  let [last, left, sum] = [first, others, 0];
  for (let n = 1; n < count; n++) {
    const near = left
      .map((track) => ({ track, cost: (last && mixOf(last, track, wish)?.cost) ?? Number.POSITIVE_INFINITY }))
      .toSorted((x, y) => x.cost - y.cost)[0];
    left = left.filter((track) => track !== near?.track);
    [last, sum] = [near?.track, sum + (near?.cost ?? 0)];
  }
  return sum;
}

test("it is far smoother than tracks as they come, and than what is nearest each time", async () => {
  for (const seed of [7, 8, 9]) {
    const tracks = many(300, seed);
    const wish = wishOf({ beginsWithFirst: true });
    const all = await arrangeTracks(tracks, wish);
    expect(all[0]?.track.n).toBe(0);
    const asTheyCome = tracks
      .slice(1, all.length)
      .reduce((sum, track, n) => sum + (mixOf(tracks[n] ?? track, track, wish)?.cost ?? 0), 0);
    expect(costOf(all)).toBeLessThan(asTheyCome / 5);
    expect(costOf(all)).toBeLessThan(costOfNearest(tracks, wish, all.length));
  }
});

test("tempo follows its course, up and down", async () => {
  const tracks = Array.from({ length: 61 }, (_, n) => trackOf(n, { bpm: 110 + n / 3 }));
  for (const [from, to] of [
    [118, 126],
    [126, 118],
  ] as const) {
    const all = await arrangeTracks(tracks, wishOf({ course: { from, to } }));
    expect(all.length).toBe(15);
    for (const { track, startSec } of all) {
      const wanted = from + (to - from) * (startSec / 3_600);
      expect(Math.abs((track.bpm ?? 0) - wanted)).toBeLessThan(1.5);
    }
  }
});

test("harmonic: only keys that go together follow one another, however dear the rest becomes; where none does it is over", async () => {
  const all = await arrangeTracks(many(400, 3), wishOf({ harmonic: true }));
  expect(all.length).toBeGreaterThan(8);
  for (const { transition } of all.slice(1))
    expect(["same", "neighbour", "relative"]).toContain(transition?.key);
  const apart = ["1A", "3A", "5A"].map((camelot, n) => trackOf(n, { camelot }));
  expect(await order(apart, wishOf({ harmonic: true, beginsWithFirst: true }))).toEqual([0]);
});

test("what it looks at is bounded by the candidates, the beginnings and the tracks", async () => {
  const looked = { pairs: 0 };
  const tracks = many(1_000).map((track) => ({ ...track, durationSec: 1 }));
  const all = await arrangeTracks(tracks, wishOf({ wantedSec: 36_000, mostTracks: 50 }), looked);
  expect(all.length).toBe(50);
  expect(looked.pairs).toBeGreaterThan(1_000);
  expect(looked.pairs).toBeLessThanOrEqual(50 * beginnings * 1_000);
});

test("of nothing nothing is made, and one alone is enough", async () => {
  expect(await order([], wishOf())).toEqual([]);
  expect(await order([], wishOf({ beginsWithFirst: true }))).toEqual([]);
  expect(await order([trackOf(4, { durationSec: 9_000 })], wishOf())).toEqual([4]);
});
