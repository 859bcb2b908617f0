import { expect, test } from "vitest";
import { deriveTrack } from "./derive-track.ts";
import { outcomeFacts } from "./facts-of.ts";
import { accepted, at, chain, failed, outcome } from "./fixtures/chain.ts";
import { seededRandom, shuffleWithDuplicates } from "./fixtures/shuffle.ts";

const track = { id: "t", wants: accepted(1).wants, targets: accepted(1).targets };
const derive = (...outcomes: ReturnType<typeof outcome>[]) =>
  deriveTrack(
    track,
    outcomes.flatMap((each) => outcomeFacts(each).attempts),
    chain,
  );
const all = ["decode", "downsample", "tempo", "key", "encode"];
const statuses = (derived: ReturnType<typeof derive>) =>
  Object.fromEntries(derived.outcomes.map((row) => [row.step, row.status]));

test("a track is accepted, then processing, then done when the last wanted step is", () => {
  expect(derive().state).toBe("accepted");
  expect(derive(outcome(1, "decode")).state).toBe("processing");
  const done = derive(...all.map((step, i) => outcome(1, step, { sec: 10 - i })));
  expect(done).toMatchObject({ state: "done", finishedAt: at(10) });
});

test("a failed step blocks what depends on it and nothing else", () => {
  const derived = derive(outcome(1, "decode"), outcome(1, "downsample", failed()), outcome(1, "encode"));
  expect(statuses(derived)).toEqual({
    decode: "succeeded",
    downsample: "failed",
    tempo: "blocked",
    key: "blocked",
    encode: "succeeded",
  });
  expect(derived.state).toBe("partial");
  expect(derived.outcomes.find((row) => row.step === "tempo")?.blocked_by).toEqual(["downsample"]);
});

test("a track none of whose targets was reached has failed, at once", () => {
  const derived = derive(outcome(1, "decode", { ...failed(), sec: 3 }));
  expect(derived).toMatchObject({ state: "failed", finishedAt: at(3) });
  expect(derived.outcomes.filter((row) => row.status === "blocked")).toHaveLength(4);
});

test("steps that were not asked for don't count", () => {
  const derived = deriveTrack(
    { ...track, wants: ["decode"], targets: [] },
    outcomeFacts(outcome(1, "encode", failed())).attempts,
    chain,
  );
  expect(derived).toMatchObject({ state: "accepted", outcomes: [] });
});

test("a step that has left the chain neither blocks nor breaks anything", () => {
  const derived = deriveTrack(
    { ...track, wants: ["decode", "stems"] },
    outcomeFacts(outcome(1, "decode", failed())).attempts,
    chain,
  );
  expect(derived.state).toBe("processing");
});

const computed = outcome(1, "decode", { sec: 5 });
const skipped = outcome(1, "decode", { sec: 9, how: "skipped" });
const exhausted = outcome(1, "decode", { sec: 12, ...failed("retries-exhausted") });
const newer = outcome(1, "decode", { sec: 7, version: 2, address: "f".repeat(64), ...failed() });
const changedParams = outcome(1, "decode", { sec: 20, address: "e".repeat(64) });

test.each([
  ["work beats finding the result there", [computed, skipped], at(5)],
  ["success beats a failure at the same address", [exhausted, computed], at(5)],
  ["a higher version holds, even if it failed", [computed, newer, skipped], at(7)],
  ["of equal versions the later address holds", [computed, changedParams, skipped], at(20)],
])("%s, in any order and any number", (_what, outcomes, finishedAt) => {
  for (let seed = 0; seed < 50; seed++) {
    const [row] = derive(...shuffleWithDuplicates(outcomes, seededRandom(seed))).outcomes;
    expect(row).toMatchObject({ finished_at: finishedAt });
  }
});
