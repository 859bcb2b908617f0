import { Attempt } from "@segue/contracts";
import { expect, test } from "vitest";
import { attemptFrom, runMs, unknownSpent } from "./spent.ts";

const startedAt = new Date("2026-01-01T09:00:00.000Z");
const endingAt = (ms: number) => ({ worker: "w", now: () => new Date(startedAt.getTime() + ms) });

test("an attempt lasts from its start until now", () => {
  const attempt = attemptFrom(endingAt(1_500), { deliveryAttempt: 2 }, startedAt, unknownSpent);
  expect(attempt).toMatchObject({
    durationMs: 1_500,
    deliveryAttempt: 2,
    finishedAt: "2026-01-01T09:00:01.500Z",
  });
});

test("of an attempt during which the clock was set back, what is told can be read again", () => {
  const attempt = attemptFrom(endingAt(-1_751), { deliveryAttempt: 1 }, startedAt, unknownSpent);
  expect(Attempt.parse(attempt).durationMs).toBe(0);
  expect(runMs(startedAt, new Date(0))).toBe(0);
});
