import { expect, test } from "vitest";
import { groupFailures } from "./group-failures.ts";
import { isSameFailure, likeWords, underlyingOf } from "./underlying-failure.ts";

const thrown = { code: "step-failed", message: "no beats in bar 17 of /data/scratch/attempt-x1/input.wav" };
const givenUp = {
  code: "retries-exhausted",
  message: `5 attempts failed; the last: ${thrown.message}`,
  underlying: thrown,
  attempts: 5,
};

test("a step that was given up has failed with its last error, in a field of its own or in words alone", () => {
  expect(underlyingOf(givenUp)).toEqual(thrown);
  const { underlying: _, ...before } = givenUp;
  expect(underlyingOf(before)).toEqual(thrown);
  expect(underlyingOf({ code: "not-audio", message: "words" })).toEqual({
    code: "not-audio",
    message: "words",
  });
});

test("what differs from file to file makes no other failure", () => {
  expect(likeWords(thrown.message)).toBe("no beats in bar … of …");
  const here = { code: "step-failed", message: "no beats in bar 18 of /tmp/elsewhere/input.wav" };
  expect(isSameFailure(givenUp, here)).toBe(true);
  expect(isSameFailure(givenUp, { ...here, message: "no bars at all" })).toBe(false);
  expect(isSameFailure(givenUp, { code: "time-budget-exceeded", message: "10.1 s" })).toBe(false);
  const slow = { ...givenUp, underlying: { code: "time-budget-exceeded", message: "10.2 s" } };
  expect(isSameFailure(slow, { code: "time-budget-exceeded", message: "11 s of 10" })).toBe(true);
});

test("failures are grouped by their last error, its words and the step, whether they were given up or not", () => {
  const track = (id: string, steps: object[]) => ({ id, steps }) as never;
  const failed = (code: string, underlying: object) => ({
    step: "tempo",
    status: "failed",
    code,
    underlying,
  });
  const groups = groupFailures([
    track("newest", [failed("retries-exhausted", { ...thrown, message: "no beats in bar 2 of /a/b.wav" })]),
    track("older", [failed("retries-exhausted", thrown)]),
    track("other", [failed("retries-exhausted", { code: "step-failed", message: "out of luck" })]),
    track("bad", [failed("not-audio", { code: "not-audio", message: "words" })]),
    track("well", [{ step: "tempo", status: "succeeded", code: null, underlying: null }]),
  ]);
  expect(groups).toEqual([
    {
      code: "step-failed",
      step: "tempo",
      message: "no beats in bar 2 of /a/b.wav",
      count: 2,
      example: "newest",
    },
    { code: "step-failed", step: "tempo", message: "out of luck", count: 1, example: "other" },
    { code: "not-audio", step: "tempo", message: "words", count: 1, example: "bad" },
  ]);
});
