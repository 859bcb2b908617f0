import { expect, test } from "vitest";
import { deriveTrack } from "./derive-track.ts";
import { outcomeFacts } from "./facts-of.ts";
import { at, chain, failed, known, outcome, replayed, requested, trackId } from "./fixtures/chain.ts";
import { seededRandom, shuffleWithDuplicates } from "./fixtures/shuffle.ts";
import type { KnownRequest } from "./known-request.ts";

const all = ["decode", "downsample", "tempo", "key", "encode"];
const done = all.map((step) => outcome(1, step, { sec: 2 }));
/** One that is looked after. */
const replay = (force: string[] = [], changes: Partial<KnownRequest> = {}) =>
  known(replayed(1, force, 100, { addresses: {} }), { isWatched: true, ...changes });
/** A backfill's item that is under way. */
const item = (runs: Record<string, string>, versions: Record<string, number>) =>
  known(requested(1, { cause: "backfill", requestId: trackId(9), versions, requestedAt: at(100) }), {
    underWay: { since: at(100), runs },
  });

function derive(outcomes: readonly ReturnType<typeof outcome>[], ...asked: KnownRequest[]) {
  const requests = [known(requested(1)), ...asked];
  const attempts = outcomes.flatMap((each) => outcomeFacts(each).attempts);
  const derived = deriveTrack({ id: "t", requests }, attempts, chain);
  const recomputing = derived.outcomes.flatMap((row) =>
    row.recomputing ? [[row.step, row.recomputing]] : [],
  );
  return { ...derived, recomputing: Object.fromEntries(recomputing) };
}

test("a forced step is recomputed until work of it ends that began after it was asked for", () => {
  const forced = replay(["tempo"]);
  const asked = { since: at(100), version: null, reason: "forced" };
  expect(derive(done, forced)).toMatchObject({ state: "done", recomputing: { tempo: asked } });
  // Somebody else found what was there.
  const skipped = outcome(1, "tempo", { sec: 110, how: "skipped" });
  expect(derive([...done, skipped], forced).recomputing).toEqual({ tempo: asked });
  // It began before.
  const earlier = outcome(1, "tempo", { sec: 99 });
  expect(derive([...done, earlier], forced).recomputing).toEqual({ tempo: asked });
  const computed = outcome(1, "tempo", { sec: 112 });
  expect(derive([...done, computed], forced).recomputing).toEqual({});
  const broken = outcome(1, "tempo", { sec: 112, ...failed() });
  expect(derive([...done, broken], forced)).toMatchObject({ state: "done", recomputing: {} });
});

test("a replay without force recomputes what has failed, what that blocked, and what is older than the fleet", () => {
  const outcomes = [
    ...done.filter(({ step }) => !["downsample", "tempo", "key"].includes(step)),
    outcome(1, "downsample", failed("retries-exhausted")),
  ];
  const derived = derive(
    outcomes,
    replay([], { addresses: { aac: "e".repeat(64), pcm: outcome(1, "decode").address } }),
  );
  expect(derived.recomputing).toEqual({
    downsample: { since: at(100), version: null, reason: "missing" },
    tempo: { since: at(100), version: null, reason: "missing" },
    key: { since: at(100), version: null, reason: "missing" },
    encode: { since: at(100), version: null, reason: "version" },
  });
  const failedAgain = outcome(1, "downsample", { sec: 120, ...failed("retries-exhausted") });
  expect(Object.keys(derive([...outcomes, failedAgain], replay()).recomputing)).toEqual([]);
});

test("what a backfill asked for at a version is recomputed until an attempt of that version ends", () => {
  const asking = item({ tempo: "version" }, { decode: 1, tempo: 3 });
  const asked = { since: at(100), version: 3, reason: "version" };
  expect(derive(done, asking).recomputing).toEqual({ tempo: asked });
  const old = outcome(1, "tempo", { sec: 110, version: 2, address: "d".repeat(64) });
  expect(derive([...done, old], asking).recomputing).toEqual({ tempo: asked });
  const made = outcome(1, "tempo", { sec: 112, version: 3, address: "f".repeat(64) });
  expect(derive([...done, made], asking).recomputing).toEqual({});
});

test("a replay is over when every wanted step has answered it, in whatever order the answers are heard of", () => {
  const mine = replay(["tempo"]);
  const answers = all.map((step) =>
    outcome(1, step, { sec: 110, how: step === "tempo" ? "computed" : "skipped" }),
  );
  for (let seed = 0; seed < 20; seed++) {
    const heard = shuffleWithDuplicates([...done, ...answers], seededRandom(seed));
    expect(derive(heard, mine).replaysOver).toEqual([mine.id]);
    const oneShort = heard.filter((each) => each.step !== "key" || each.how !== "skipped");
    expect(derive(oneShort, mine).replaysOver).toEqual([]);
  }
});

test("a replay that was given up asks for nothing any more", () => {
  expect(derive(done, replay(["tempo"], { isWatched: false })).recomputing).toEqual({});
});

test("a replay of a step that this catalog does not know is answered by that step alone", () => {
  const wants = [...all, "mood"];
  const asking = replay([], { wants });
  const others = all.map((step) => outcome(1, step, { sec: 110, how: "skipped" }));
  expect(derive([...done, ...others], asking).replaysOver).toEqual([]);
  const mood = { ...outcome(1, "key", { sec: 111 }), step: "mood", kind: "mood" };
  expect(derive([...done, ...others, mood], asking).replaysOver).toEqual([asking.id]);
});
