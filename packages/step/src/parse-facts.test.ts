import { defineKind } from "@segue/contracts";
import { expect, test } from "vitest";
import { z } from "zod";
import { maxFactsBytes, parseFacts } from "./parse-facts.ts";

const Lines = defineKind({
  name: "lines",
  retention: "derivative",
  payload: null,
  facts: z.object({ lines: z.array(z.string()) }),
});
const step = { name: "read", produces: Lines };
const emptyBytes = JSON.stringify([["lines", { lines: [""] }]]).length;

test("facts as large as a message may hold are taken, in bytes of UTF-8", () => {
  const lines = ["\u00e9".repeat((maxFactsBytes - emptyBytes) / 2)];
  expect(parseFacts(step, { lines })).toEqual({ lines });
});

test("larger ones are an invalid output, in words", () => {
  const lines = ["\u00e9".repeat((maxFactsBytes - emptyBytes) / 2 + 1)];
  expect(() => parseFacts(step, { lines })).toThrow(
    expect.objectContaining({
      code: "invalid-output",
      permanent: true,
      message: expect.stringMatching(
        /^read returned facts of 400000\d bytes of JSON: expected at most 4000000/,
      ),
    }),
  );
});

test("of many that are wrong some are told: it travels in a message as well", () => {
  const lines = Array.from({ length: 300_000 }, () => 1);
  expect(() => parseFacts(step, { lines })).toThrow(
    expect.objectContaining({
      code: "invalid-output",
      message: expect.stringMatching(/^read returned what is no lines: [\s\S]{10,3000} 299995 more$/),
    }),
  );
});
