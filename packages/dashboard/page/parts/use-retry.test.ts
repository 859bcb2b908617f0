import { expect, test } from "vitest";
import { ApiProblem } from "../api/api-problem.ts";
import { restBefore } from "./use-retry.ts";

test("what may pass is asked for again, after longer and longer, and not before the API says", () => {
  const away = new ApiProblem(0, "no-answer", "");
  expect([0, 1, 2, 3, 4, 5, 50].map((failures) => restBefore(away, failures))).toEqual([
    2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000,
  ]);
  const busy = new ApiProblem(503, "unavailable", "", 5_000);
  expect([0, 1, 2].map((failures) => restBefore(busy, failures))).toEqual([5_000, 5_000, 8_000]);
});

test("what would fail again is not", () => {
  for (const status of [400, 401, 403, 404, 410, 422])
    expect(restBefore(new ApiProblem(status, "no", ""), 0)).toBeUndefined();
  expect(restBefore(undefined, 0)).toBeUndefined();
  expect(restBefore(new TypeError("a defect"), 0)).toBeUndefined();
});
