import { expect, test } from "vitest";
import { readRetryAfter } from "./read-retry-after.ts";

const now = new Date("2026-01-01T00:00:00Z");

test.each([
  ["120", 120_000],
  ["Thu, 01 Jan 2026 00:05:00 GMT", 300_000],
  ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
  ["99999999", 900_000],
  ["soon", 0],
  [undefined, 0],
])("Retry-After %j asks for %d ms", (header, expected) => {
  expect(readRetryAfter(header, now)).toBe(expected);
});
