import { lowestTrackId } from "@segue/contracts";
import { expect, test } from "vitest";
import { chain } from "../fixtures/chain.ts";
import { judgeTrack, readySteps } from "./judge-track.ts";
import { createProgress } from "./progress.ts";

const quietMs = 60_000;
const startMs = Date.UTC(2026, 0, 1);
const idAt = (ms: number) => lowestTrackId(new Date(startMs + ms));
const wants = chain.steps.map((step) => step.name);

test("steps are ready when everything that they depend on has ended", () => {
  const names = (endedSteps: string[]) => readySteps({ wants, endedSteps }, chain);
  expect(names([])).toEqual(["decode"]);
  expect(names(["decode"])).toEqual(["downsample", "encode"]);
  expect(names(["decode", "downsample", "tempo", "encode"])).toEqual(["key"]);
});

test("a fetch comes before everything, and alone", () => {
  const fetched = ["fetch", ...wants];
  expect(readySteps({ wants: fetched, endedSteps: [] }, chain)).toEqual(["fetch"]);
  expect(readySteps({ wants: fetched, endedSteps: ["fetch"] }, chain)).toEqual(["decode"]);
});

/** What a step has done: `at` which time, for a track accepted `trackAt`; ms after the start. */
function judge(done: { at: number; trackAt: number; how?: "computed" | "skipped" }[], nowMs: number) {
  let clockMs = startMs;
  const progress = createProgress(() => clockMs);
  for (const { at, trackAt, how = "computed" } of done) {
    clockMs = startMs + at;
    progress.note([{ step: "decode", track_id: idAt(trackAt), how }]);
  }
  const track = { id: idAt(0), wants, endedSteps: [] };
  return judgeTrack(track, readySteps(track, chain), progress, { nowMs: startMs + nowMs, quietMs });
}

test.each([
  ["nothing heard yet, just begun to listen", [], 59_000, "waiting"],
  ["nothing heard for long", [], 60_000, "idle"],
  ["the step works on older tracks: a queue", [{ at: 600_000, trackAt: -1_000 }], 610_000, "waiting"],
  ["the step works on tracks about as old", [{ at: 600_000, trackAt: 59_999 }], 610_000, "waiting"],
  ["the step works on later tracks", [{ at: 600_000, trackAt: 60_000 }], 610_000, "overtaken"],
  ["the step has stopped", [{ at: 600_000, trackAt: -1_000 }], 660_000, "idle"],
  ["results found there are no work", [{ at: 600_000, trackAt: -1, how: "skipped" }], 610_000, "idle"],
] as const)("%s", (_what, done, nowMs, expected) => {
  expect(judge([...done], nowMs)).toBe(expected);
});

test("a track that waits only for steps that the chain doesn't have is nobody's", () => {
  const track = { id: idAt(0), wants: [...wants, "taken-out"], endedSteps: wants };
  const ready = readySteps(track, chain);
  expect(ready).toEqual([]);
  const progress = createProgress(() => startMs);
  expect(judgeTrack(track, ready, progress, { nowMs: startMs + 1_000, quietMs })).toBe("idle");
});
