import { describe, expect, test } from "vitest";
import { deriveTrack } from "./derive-track.ts";
import { outcomeFacts } from "./facts-of.ts";
import {
  at,
  chain,
  failed,
  known,
  outcome,
  replayed,
  requested,
  trackId,
  withDrawing,
  withRendering,
} from "./fixtures/chain.ts";
import { seededRandom, shuffleWithDuplicates } from "./fixtures/shuffle.ts";

const track = { id: "t", requests: [known(requested(1))] };
/** One whose submission wants this. */
const wanting = (wants: string[], targets: string[] = []) => ({
  ...track,
  requests: [known(requested(1, { wants, targets }))],
});
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
    wanting(["decode"]),
    outcomeFacts(outcome(1, "encode", failed())).attempts,
    chain,
  );
  expect(derived).toMatchObject({ state: "accepted", outcomes: [] });
});

test("a step that has left the chain neither blocks nor breaks anything", () => {
  const derived = deriveTrack(
    wanting(["decode", "stems"]),
    outcomeFacts(outcome(1, "decode", failed())).attempts,
    chain,
  );
  expect(derived.state).toBe("processing");
});

const computed = outcome(1, "decode", { sec: 5 });
const skipped = outcome(1, "decode", { sec: 9, how: "skipped" });
const exhausted = outcome(1, "decode", { sec: 12, ...failed("retries-exhausted") });
const newerAddress = "f".repeat(64);
const newer = outcome(1, "decode", { sec: 7, version: 2, address: newerAddress, ...failed() });
const changedParams = outcome(1, "decode", { sec: 20, address: "e".repeat(64) });
const again = outcome(1, "decode", { sec: 30 });

test.each([
  ["work beats finding the result there", [computed, skipped], at(5)],
  ["success beats a failure at the same address", [exhausted, computed], at(5)],
  ["a higher version that failed takes nothing away", [computed, newer, skipped], at(5)],
  ["of equal versions the later address holds", [computed, changedParams, skipped], at(20)],
  ["of work at one address the latest holds", [computed, again, skipped], at(30)],
])("%s, in any order and any number", (_what, outcomes, finishedAt) => {
  for (let seed = 0; seed < 50; seed++) {
    const [row] = derive(...shuffleWithDuplicates(outcomes, seededRandom(seed))).outcomes;
    expect(row).toMatchObject({ status: "succeeded", finished_at: finishedAt });
  }
});

const done = all.map((step) => outcome(1, step, { sec: 2 }));
const failedTempo = outcome(1, "tempo", { sec: 90, version: 2, address: newerAddress, ...failed() });

test("a failed upgrade is shown beside the result that holds, and the track stays done", () => {
  const derived = derive(...done, failedTempo);
  expect(derived).toMatchObject({ state: "done", finishedAt: at(2) });
  expect(derived.outcomes.find(({ step }) => step === "tempo")).toMatchObject({
    status: "succeeded",
    version: 1,
    failed_upgrade: { version: 2, address: newerAddress, error: { code: "not-audio" }, at: at(90) },
  });
  const mended = outcome(1, "tempo", { sec: 95, version: 2, address: newerAddress });
  expect(derive(...done, failedTempo, mended).outcomes.find(({ step }) => step === "tempo")).toMatchObject({
    version: 2,
    failed_upgrade: null,
  });
});

test("a later failure of the same version is a failed upgrade too; one from before is not", () => {
  const rowOf = (...outcomes: ReturnType<typeof outcome>[]) => derive(...outcomes).outcomes[0];
  expect(rowOf(computed, exhausted)?.failed_upgrade).toMatchObject({ error: { code: "retries-exhausted" } });
  expect(rowOf(exhausted, again)?.failed_upgrade).toBeNull();
});

test("what a failed upgrade is needed for, and was never made, is blocked by it", () => {
  const decoded = outcome(1, "decode", { sec: 80, version: 2, address: newerAddress, ...failed() });
  const derived = derive(...done.filter(({ step }) => step !== "encode"), decoded);
  expect(derived.state).toBe("partial");
  expect(statuses(derived)).toMatchObject({ decode: "succeeded", tempo: "succeeded", encode: "blocked" });
});

test("a track has finished when all that was asked for at first has ended for the first time", () => {
  const late = ["decode", "tempo"].map((step) => outcome(1, step, { sec: 800 }));
  expect(derive(...done, ...late).finishedAt).toBe(at(2));
  const first = ["decode", "downsample", "tempo"];
  const item = requested(1, { cause: "backfill", requestId: trackId(2), requestedAt: at(700) });
  const onlyTempo = { ...track, requests: [...wanting(first, ["tempo"]).requests, known(item)] };
  const attemptsOf = (...outcomes: ReturnType<typeof outcome>[]) =>
    outcomes.flatMap((each) => outcomeFacts(each).attempts);
  const before = attemptsOf(...done.filter(({ step }) => first.includes(step)));
  expect(deriveTrack(onlyTempo, before, chain)).toMatchObject({ state: "processing", finishedAt: at(2) });
  const after = [
    ...before,
    ...attemptsOf(outcome(1, "key", { sec: 900 }), outcome(1, "encode", { sec: 901 })),
  ];
  expect(deriveTrack(onlyTempo, after, chain)).toMatchObject({ state: "done", finishedAt: at(2) });
});

test("a step that failed and was replayed has finished when it succeeded", () => {
  const first = [
    ...done.filter(({ step }) => step !== "tempo"),
    outcome(1, "tempo", { sec: 4, ...failed() }),
  ];
  expect(derive(...first)).toMatchObject({ state: "partial", finishedAt: at(4) });
  expect(derive(...first, outcome(1, "tempo", { sec: 60 }))).toMatchObject({
    state: "done",
    finishedAt: at(60),
  });
});

describe("what has become a rendering since it was asked for", () => {
  const wants = ["decode", "waveform", "waveform-svg"];
  const drawing = wanting(wants, ["waveform-svg"]);
  const attemptOf = (step: string, changes: Parameters<typeof outcome>[2] = {}) =>
    outcomeFacts({ ...outcome(1, "decode", changes), step, kind: step }).attempts;
  const made = [...attemptOf("decode"), ...attemptOf("waveform", { sec: 4 })];

  test("is not waited for, by a release that knows it so", () => {
    expect(deriveTrack(drawing, made, withDrawing)).toMatchObject({ state: "processing", wants });
    expect(deriveTrack(drawing, made, withRendering)).toMatchObject({
      state: "done",
      finishedAt: at(4),
      wants: ["decode", "waveform"],
      targets: ["waveform"],
    });
  });

  test("does not fail a track where its step had failed", () => {
    const attempts = [...made, ...attemptOf("waveform-svg", failed("retries-exhausted"))];
    expect(deriveTrack(drawing, attempts, withRendering)).toMatchObject({
      state: "done",
      targets: ["waveform"],
    });
  });

  test("shows what its step had made, and a replay does not wait for it again", () => {
    const attempts = [...made, ...attemptOf("waveform-svg", { sec: 5 })];
    const replay = known(replayed(1, ["waveform-svg"], 60, { wants }), { isWatched: true });
    const track = { ...drawing, requests: [...drawing.requests, replay] };
    const again = [
      ...attempts,
      ...["decode", "waveform"].flatMap((step) => attemptOf(step, { sec: 70, how: "skipped" })),
    ];
    const derived = deriveTrack(track, again, withRendering);
    expect(derived).toMatchObject({ state: "done", finishedAt: at(5), wants, targets: ["waveform-svg"] });
    expect(derived.replaysOver).toEqual([replay.id]);
    expect(derived.outcomes.map(({ recomputing }) => recomputing)).toEqual([null, null, null]);
  });
});
