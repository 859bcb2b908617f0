import type { TrackResource } from "@segue/contracts";
import { expect, test } from "vitest";
import { step, summary } from "../fixtures/summaries.ts";
import { durationsOf, percentile, readLatest } from "./sample.ts";

test("percentiles by nearest rank, and none of nothing", () => {
  const values = [5, 1, 4, 2, 3];
  expect([percentile(values, 50), percentile(values, 95), percentile([7], 50)]).toEqual([3, 5, 7]);
  expect(percentile([], 50)).toBeUndefined();
});

test("a step waits for a track until it has ended, and again while it is computed anew", () => {
  const recomputing = { since: "2026-01-01T00:00:00.000Z", version: null, reason: "forced" };
  const { states, waiting, latenciesMs } = readLatest([
    summary(1, { steps: [step("tempo", "waiting"), step("key")], state: "processing", latencyMs: null }),
    summary(2, { steps: [step("tempo", "succeeded", { recomputing }), step("key", "blocked")] }),
  ]);
  expect(Object.fromEntries(waiting)).toEqual({ tempo: 2 });
  expect(Object.fromEntries(states)).toEqual({ processing: 1, done: 1 });
  expect(latenciesMs).toEqual([1_000]);
});

test("only what was computed took time, and only what is told", () => {
  const one = (name: string, how: string | null, durationMs: number | null) => ({
    step: name,
    how,
    attempt: durationMs === null ? null : { durationMs },
  });
  const track = { steps: [one("tempo", "computed", 5), one("key", "skipped", 9), one("aac", null, null)] };
  const durations = durationsOf([track, track] as unknown as TrackResource[]);
  expect(Object.fromEntries(durations)).toEqual({ tempo: [5, 5] });
});
