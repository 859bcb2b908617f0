import { expect, test } from "vitest";
import { deriveTrack } from "./derive-track.ts";
import { outcomeFacts } from "./facts-of.ts";
import { accepted, at, chain, failed, outcome } from "./fixtures/chain.ts";
import { seededRandom, shuffleWithDuplicates } from "./fixtures/shuffle.ts";
import type { KnownBackfill, KnownReplay } from "./pending-work.ts";

const all = ["decode", "downsample", "tempo", "key", "encode"];
const done = all.map((step) => outcome(1, step, { sec: 2 }));
const replay = (changes: Partial<KnownReplay> = {}): KnownReplay => ({
  since: at(100),
  force: [],
  versions: {},
  ...changes,
});
const backfill = (changes: Partial<KnownBackfill> = {}): KnownBackfill => ({
  since: at(100),
  runs: {},
  versions: {},
  ...changes,
});

function derive(
  outcomes: readonly ReturnType<typeof outcome>[],
  { replays = [], backfills = [] }: { replays?: KnownReplay[]; backfills?: KnownBackfill[] },
) {
  const { wants, targets } = accepted(1);
  const track = { id: "t", wants, targets, askedAtFirst: null, replays, backfills };
  const attempts = outcomes.flatMap((each) => outcomeFacts(each).attempts);
  const derived = deriveTrack(track, attempts, chain);
  const recomputing = derived.outcomes.flatMap((row) =>
    row.recomputing ? [[row.step, row.recomputing]] : [],
  );
  return { ...derived, recomputing: Object.fromEntries(recomputing) };
}

test("a forced step is recomputed until work of it ends that began after it was asked for", () => {
  const replays = [replay({ force: ["tempo"] })];
  const asked = { since: at(100), version: null, reason: "forced" };
  expect(derive(done, { replays })).toMatchObject({ state: "done", recomputing: { tempo: asked } });
  // Somebody else found what was there.
  const skipped = outcome(1, "tempo", { sec: 110, how: "skipped" });
  expect(derive([...done, skipped], { replays }).recomputing).toEqual({ tempo: asked });
  // It began before.
  const earlier = outcome(1, "tempo", { sec: 99 });
  expect(derive([...done, earlier], { replays }).recomputing).toEqual({ tempo: asked });
  const computed = outcome(1, "tempo", { sec: 112 });
  expect(derive([...done, computed], { replays }).recomputing).toEqual({});
  const broken = outcome(1, "tempo", { sec: 112, ...failed() });
  expect(derive([...done, broken], { replays })).toMatchObject({ state: "done", recomputing: {} });
});

test("a replay without force recomputes what has failed, what that blocked, and what is older than the fleet", () => {
  const outcomes = [
    ...done.filter(({ step }) => !["downsample", "tempo", "key"].includes(step)),
    outcome(1, "downsample", failed("retries-exhausted")),
  ];
  const derived = derive(outcomes, { replays: [replay({ versions: { encode: 2, decode: 1 } })] });
  expect(derived.recomputing).toEqual({
    downsample: { since: at(100), version: null, reason: "missing" },
    tempo: { since: at(100), version: null, reason: "missing" },
    key: { since: at(100), version: null, reason: "missing" },
    encode: { since: at(100), version: null, reason: "version" },
  });
  const failedAgain = outcome(1, "downsample", { sec: 120, ...failed("retries-exhausted") });
  expect(Object.keys(derive([...outcomes, failedAgain], { replays: [replay()] }).recomputing)).toEqual([]);
});

test("what a backfill asked for at a version is recomputed until an attempt of that version ends", () => {
  const backfills = [backfill({ runs: { tempo: "version" }, versions: { decode: 1, tempo: 3 } })];
  const asked = { since: at(100), version: 3, reason: "version" };
  expect(derive(done, { backfills }).recomputing).toEqual({ tempo: asked });
  const old = outcome(1, "tempo", { sec: 110, version: 2, address: "d".repeat(64) });
  expect(derive([...done, old], { backfills }).recomputing).toEqual({ tempo: asked });
  const made = outcome(1, "tempo", { sec: 112, version: 3, address: "f".repeat(64) });
  expect(derive([...done, made], { backfills }).recomputing).toEqual({});
});

test("a replay is over when every wanted step has answered it, in whatever order the answers are heard of", () => {
  const mine = replay({ force: ["tempo"] });
  const answers = all.map((step) =>
    outcome(1, step, { sec: 110, how: step === "tempo" ? "computed" : "skipped" }),
  );
  for (let seed = 0; seed < 20; seed++) {
    const heard = shuffleWithDuplicates([...done, ...answers], seededRandom(seed));
    expect(derive(heard, { replays: [mine] }).replaysOver).toEqual([mine]);
    const oneShort = heard.filter((each) => each.step !== "key" || each.how !== "skipped");
    expect(derive(oneShort, { replays: [mine] }).replaysOver).toEqual([]);
  }
});
