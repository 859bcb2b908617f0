import { lowestTrackId } from "@segue/contracts";
import { expect, test } from "vitest";
import { chain } from "../fixtures/chain.ts";
import { oneClock } from "../fixtures/one-clock.ts";
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

interface Done {
  /** When, in ms after the start. */
  readonly at: number;
  /** When its track was accepted. */
  readonly trackAt: number;
  readonly how?: "computed" | "skipped";
  /** For a backfill: when it was begun. */
  readonly backfilledAt?: number;
}

function judge(done: readonly Done[], nowMs: number) {
  let clockMs = startMs;
  const progress = createProgress(oneClock(() => clockMs));
  for (const { at, trackAt, how = "computed", backfilledAt } of done) {
    clockMs = startMs + at;
    const started_at = new Date(startMs + (backfilledAt ?? at)).toISOString();
    const made = [{ step: "decode", track_id: idAt(trackAt), how, started_at }];
    progress.note(made);
    if (backfilledAt !== undefined) progress.noteBackfilled(made);
  }
  const track = { id: idAt(0), wants, endedSteps: [] };
  clockMs = startMs + nowMs;
  return judgeTrack(track, readySteps(track, chain), progress, { quietMs });
}

test.each([
  ["nothing heard yet, just begun to listen", [], 59_000, "waiting"],
  ["nothing heard for long", [], 60_000, "idle"],
  ["the step works on older tracks: a queue", [{ at: 600_000, trackAt: -1_000 }], 610_000, "waiting"],
  ["the step works on tracks about as old", [{ at: 600_000, trackAt: 59_999 }], 610_000, "waiting"],
  ["the step works on later tracks", [{ at: 600_000, trackAt: 60_000 }], 610_000, "overtaken"],
  ["the step has stopped", [{ at: 600_000, trackAt: -1_000 }], 660_000, "idle"],
  [
    "a step that takes its time between two works on older tracks",
    [
      { at: 300_000, trackAt: -2_000 },
      { at: 600_000, trackAt: -1_000 },
    ],
    1_100_000,
    "waiting",
  ],
  [
    "and has stopped",
    [
      { at: 300_000, trackAt: -2_000 },
      { at: 600_000, trackAt: -1_000 },
    ],
    1_200_000,
    "idle",
  ],
  ["results found there are no work", [{ at: 600_000, trackAt: -1, how: "skipped" }], 610_000, "idle"],
  ["a replay of an older track was before it", [{ at: 600_000, trackAt: -1_000 }], 610_000, "waiting"],
  [
    "a backfill's item of an older track was done since, which goes after it",
    [{ at: 600_000, trackAt: -1_000, backfilledAt: 60_000 }],
    610_000,
    "overtaken",
  ],
  [
    "a backfill's item was begun before, and is heard of late",
    [{ at: 600_000, trackAt: -1_000, backfilledAt: 59_999 }],
    610_000,
    "waiting",
  ],
  [
    "a backfill's item by a worker whose clock is ahead",
    [{ at: 10_000, trackAt: -1_000, backfilledAt: 600_000 }],
    15_000,
    "waiting",
  ],
  ["another track by an API whose clock is ahead", [{ at: 10_000, trackAt: 600_000 }], 15_000, "waiting"],
  [
    "a backfill's item that was there already",
    [{ at: 600_000, trackAt: -1, how: "skipped", backfilledAt: 600_000 }],
    610_000,
    "idle",
  ],
] as const)("%s", (_what, done, nowMs, expected) => {
  expect(judge(done, nowMs)).toBe(expected);
});

test("a track whose message was lost does not wait for the end of a backfill of older ones", () => {
  const days = Array.from({ length: 3 * 24 * 60 }, (_, minute) => ({
    ...{ at: minute * 60_000, trackAt: -60_000 - minute, backfilledAt: minute * 60_000 - 5_000 },
  }));
  expect(judge(days, days.length * 60_000 - 1_000)).toBe("overtaken");
});

test("a track that waits only for steps that the chain doesn't have is nobody's", () => {
  const track = { id: idAt(0), wants: [...wants, "taken-out"], endedSteps: wants };
  const ready = readySteps(track, chain);
  expect(ready).toEqual([]);
  const progress = createProgress(oneClock(() => startMs));
  expect(judgeTrack(track, ready, progress, { quietMs })).toBe("idle");
});
