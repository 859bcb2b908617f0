import type { TrackResource } from "@segue/contracts";
import { expect, test } from "vitest";
import { renderTrace, traceTrack } from "./trace-track.ts";

const at = (sec: number) => new Date(Date.UTC(2026, 0, 1) + 1000 * sec).toISOString();

/** Decoded from 1 s to 5 s; encoded by two workers side by side from 6 s on, with a pause, and joined at 20 s. */
const steps = [
  {
    step: "decode",
    status: "succeeded",
    how: "computed",
    attempt: { ...attemptOf("d", 1, 4), cpuMs: 3_000, gpuMs: null, deliveryAttempt: 1, earlier: [] },
  },
  {
    step: "encode",
    status: "succeeded",
    how: "computed",
    attempt: {
      ...attemptOf("e1", 20, 0.1),
      cpuMs: 12_000,
      gpuMs: null,
      deliveryAttempt: 2,
      earlier: [attemptOf("e1", 6, 5), attemptOf("e2", 7, 6), attemptOf("e1", 15, 4)],
    },
  },
];
const track = { acceptedAt: at(0), summary: "done", steps } as unknown as TrackResource;

function attemptOf(worker: string, startSec: number, sec: number) {
  return { worker, startedAt: at(startSec), finishedAt: at(startSec + sec), durationMs: 1000 * sec };
}

test("a step that took several attempts shows each of them, and the waits between", () => {
  const traced = traceTrack(track, (step) => (step === "encode" ? ["decode"] : []));
  expect(traced[1]).toMatchObject({
    readyMs: 5_000,
    startMs: 6_000,
    endMs: 20_100,
    waitMs: 1_000,
    runMs: 15_100,
    deliveries: 2,
  });
  expect(traced[1]?.attempts.map(({ worker, startMs }) => [worker, startMs])).toEqual([
    ["e1", 6_000],
    ["e2", 7_000],
    ["e1", 15_000],
    ["e1", 20_000],
  ]);
  const text = renderTrace(track, traced);
  expect(text).toMatch(/^decode +succeeded +1.0 s +4.0 s +3.0 s +1 +1 +·+█+$/m);
  expect(text).toMatch(/^encode +succeeded +1.0 s +15.1 s +12.0 s +4 +2 +·+█+·+█+·+█$/m);
});

test("a step that was given up shows every attempt that failed, and when", () => {
  const story = [2, 4, 8, 16, 32].map((sec) => ({
    at: at(sec),
    worker: `w${sec}`,
    error: { code: "step-failed", message: "no beats" },
  }));
  const error = { code: "retries-exhausted", message: "5 attempts failed; the last: no beats", attempts: 5 };
  const attempt = { ...attemptOf("w32", 32, 0), cpuMs: null, gpuMs: null, deliveryAttempt: 5, earlier: [] };
  const failed = { step: "tempo", status: "failed", how: "computed", attempt, error };
  const given = { ...track, steps: [failed] } as unknown as TrackResource;
  const letter = { step: "tempo", code: "retries-exhausted", message: "", story, at: at(32) };
  const traced = traceTrack(given, () => [], [letter]);
  expect(traced[0]).toMatchObject({ attempted: 5, deliveries: 5 });
  expect(traced[0]?.failures.map(({ atMs, worker }) => [atMs, worker])).toEqual([
    [2_000, "w2"],
    [4_000, "w4"],
    [8_000, "w8"],
    [16_000, "w16"],
    [32_000, "w32"],
  ]);
  expect(renderTrace(given, traced)).toMatch(/^tempo +failed .* 5 +5 +·*×·+×·+×·+×·+×$/m);
  // Where the dead letter is not known, the number is.
  expect(traceTrack(given, () => [])[0]).toMatchObject({ attempted: 5, failures: [] });
});
