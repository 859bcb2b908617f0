import type { TrackHistory } from "@segue/contracts";
import { expect, test } from "vitest";
import { attemptsFor, layWaterfall, ticksOf } from "./waterfall.ts";

type AttemptReport = TrackHistory["attempts"][number];

const at = (ms: number) => new Date(1_767_225_600_000 + ms).toISOString();

function report(
  step: string,
  startMs: number,
  durationMs: number,
  rest: Partial<AttemptReport> = {},
): AttemptReport {
  return {
    ...{
      requestId: null,
      step,
      version: 1,
      kind: step,
      address: "a".repeat(64),
      outputs: null,
      inputs: null,
    },
    ...{ model: null, status: "succeeded", how: "computed", error: null },
    attempt: {
      ...{ worker: "host:1", startedAt: at(startMs), finishedAt: at(startMs + durationMs), durationMs },
      ...{ cpuMs: null, gpuMs: null, deliveryAttempt: 1, earlier: [] },
    },
    ...rest,
  };
}

test("each step has a row, in the order in which they began, on one line of time", () => {
  const waterfall = layWaterfall([
    report("key", 500, 500),
    report("decode", 0, 250),
    report("tempo", 250, 250),
  ]);
  expect(waterfall?.rows.map(({ step }) => step)).toEqual(["decode", "tempo", "key"]);
  expect(waterfall?.rows.map(({ bars }) => bars.map(({ start, length }) => [start, length]))).toEqual([
    [[0, 0.25]],
    [[0.25, 0.25]],
    [[0.5, 0.5]],
  ]);
  expect(waterfall?.lengthMs).toBe(1_000);
});

test("attempts that failed, and those that handed on, are bars of their step", () => {
  const error = { code: "worker-crashed", message: "m" } as AttemptReport["error"];
  const whole = report("encode", 600, 400);
  whole.attempt.earlier.push({ worker: "host:2", startedAt: at(100), durationMs: 300 });
  const failed = report("encode", 0, 50, { status: "failed", error });
  const [row] = layWaterfall([failed, whole])?.rows ?? [];
  expect(row?.bars.map(({ status }) => status)).toEqual(["failed", "handed on", "succeeded"]);
  expect([row?.totalMs, row?.code]).toEqual([750, "worker-crashed"]);
  expect(row?.bars[0]?.title).toContain("worker-crashed");
});

test("what was there already took no time; where nothing was computed there is nothing to see", () => {
  const skipped = report("tempo", 9_000, 3, { how: "skipped" });
  expect(layWaterfall([report("decode", 0, 100), skipped])?.lengthMs).toBe(100);
  expect(layWaterfall([skipped])).toBeUndefined();
});

test("attempts are told apart by what they were made for; unknown ones are the first request's", () => {
  const request = {
    cause: "replay",
    owner: "o",
    targets: [],
    force: [],
    backfillId: null,
    requestedAt: at(0),
  };
  const requests = [
    { ...request, id: "one" },
    { ...request, id: "two" },
  ];
  const attempts = [report("decode", 0, 1), report("tempo", 5, 1, { requestId: "two" })];
  const stepsFor = (id: string) => attemptsFor({ attempts, requests }, id).map(({ step }) => step);
  expect([stepsFor("one"), stepsFor("two")]).toEqual([["decode"], ["tempo"]]);
});

test.each([1, 16, 950, 1_000, 12_300, 86_400_000])(
  "round times divide %d ms into a few parts",
  (lengthMs) => {
    const ticks = ticksOf(lengthMs);
    expect(ticks[0]).toBe(0);
    expect(ticks.at(-1)).toBeLessThanOrEqual(lengthMs);
    expect(ticks.length).toBeGreaterThanOrEqual(4);
    expect(ticks.length).toBeLessThanOrEqual(9);
  },
);
