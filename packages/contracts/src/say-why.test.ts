import { expect, test } from "vitest";
import { z } from "zod";
import { sayWhy } from "./say-why.ts";
import { StepError } from "./step-error.ts";

const List = z.object({ steps: z.array(z.string()) });
const errorOf = (json: unknown) => List.safeParse(json).error;

test("what a schema says is told in words, with where", () => {
  const why = sayWhy(errorOf({ steps: ["decode", 1] }));
  expect(why).toMatch(/expected string, received number[\s\S]*steps\[1\]/);
  expect(why).not.toContain("{");
});

test("of a million things that are wrong some are told", () => {
  const why = sayWhy(errorOf({ steps: Array.from({ length: 1_000_000 }, () => 1) }));
  expect(why.match(/expected string/g)).toHaveLength(5);
  expect(why).toMatch(/and 999995 more$/);
  expect(sayWhy(errorOf({ steps: [1, 2, 3, 4, 5] }))).not.toContain("more");
  const long = z.object({ ["x".repeat(5_000)]: z.string() }).safeParse({}).error;
  expect(sayWhy(long).length).toBeLessThan(2_100);
});

test("whatever else was thrown is told as it says", () => {
  expect(sayWhy(new TypeError("no step"))).toBe("no step");
  expect(sayWhy(new RangeError())).toBe("RangeError");
  expect(sayWhy("x".repeat(5_000))).toHaveLength(2_000);
});

test("a step that fails over a schema says so in words", () => {
  const cause = errorOf({ steps: 1 });
  expect(StepError.from(cause)).toMatchObject({
    ...{ code: "step-failed", message: expect.stringMatching(/expected array[\s\S]*steps/), cause },
  });
  expect(StepError.from(cause).message).not.toContain('"code"');
});
