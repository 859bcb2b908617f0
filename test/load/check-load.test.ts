// The checks must be able to fail: each is shown a run with one thing wrong.
import { expect, test } from "vitest";
import { checkLoad, type LoadState } from "./check-load.ts";
import type { Manner } from "./plan-posts.ts";
import type { Sent } from "./send-posts.ts";
import { makeTinyAudio } from "./tiny-audio.ts";

const ids = ["01900000-0000-7000-8000-000000000000", "01900000-0000-7000-8000-000000000001"] as const;
const [one, two] = ids;
const sent = (number: number, id: string, manner: Manner = "patient"): Sent => ({
  post: { number, key: `load-${number}`, file: number, manner, reuses: false },
  accepted: [{ id, file: number }],
  refused: [],
  wrong: [],
});
const row = (number: number, id: string) => ({
  ...{ id, master: makeTinyAudio(number).sha256, state: "done", key: `load-${number}` },
});
const good: LoadState = {
  sent: [sent(0, one), sent(1, two)],
  tracks: [row(0, one), row(1, two)],
  listed: [two, one],
  stored: {
    tracks: [...ids],
    claims: 2,
    answers: 2,
    masters: [0, 1].map((number) => makeTinyAudio(number).sha256),
  },
};
const violations = (change: Partial<LoadState>) =>
  checkLoad({ ...good, ...change }).flatMap((check) => check.violations);

test("a run in which each key has its track violates nothing", () => {
  expect(violations({})).toEqual([]);
});

const first = sent(0, one);
test.each<[string, Partial<LoadState>, RegExp]>([
  ["a key that was never accepted", { sent: [{ ...first, accepted: [] }, sent(1, two)] }, /never accepted/],
  [
    "a key with two tracks",
    { sent: [{ ...first, accepted: [...first.accepted, { id: two, file: 0 }] }, sent(1, two)] },
    /load-0 has 2 tracks/,
  ],
  ["a track of two keys", { sent: [first, sent(1, one)] }, /was told for load-0 and for load-1/],
  ["a track that is lost", { tracks: [row(0, one)] }, /of load-1 is lost/],
  [
    "a track that nobody was told of",
    { tracks: [...good.tracks, row(0, one.replace("01", "02"))] },
    /was told to nobody/,
  ],
  ["another master", { tracks: [row(0, one), { ...row(1, two), master: "x" }] }, /has another master/],
  ["another's track", { tracks: [row(0, one), { ...row(1, two), key: "load-0" }] }, /says that it is load-0/],
  [
    "a track that has not ended",
    { tracks: [row(0, one), { ...row(1, two), state: "processing" }] },
    /is processing/,
  ],
  [
    "a file that was accepted under a key that is taken",
    { sent: [sent(0, one, "rivals"), sent(1, two)] },
    /0 files were refused, expected 1/,
  ],
  [
    "a refusal of a client's own file",
    { sent: [{ ...first, refused: [0] }, sent(1, two)] },
    /1 files were refused, expected 0/,
  ],
  ["what no client should see", { sent: [{ ...first, wrong: ["500"] }, sent(1, two)] }, /^500$/],
  ["a track that is not listed", { listed: [one] }, /is missing/],
  ["one that is listed twice", { listed: [one, two, two] }, /is there 2 times/],
  [
    "a track's object without a track",
    { stored: { ...good.stored, tracks: [...ids, "x"] } },
    /^x is of nobody/,
  ],
  ["a claim that is lost", { stored: { ...good.stored, claims: 1 } }, /1 claims, expected 2/],
  [
    "a master that nobody has sent for a track",
    { stored: { ...good.stored, masters: [...good.stored.masters, "y"] } },
    /^y is of nobody/,
  ],
])("%s is found", (_what, change, expected) => {
  expect(violations(change)).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
});
