import { expect, test } from "vitest";
import { readRetryAfter } from "./retry-after.ts";

test("Retry-After in seconds, as a date, and unreadable", () => {
  const nowMs = Date.parse("2025-01-01T00:00:00Z");
  expect(readRetryAfter("7", nowMs)).toBe(7_000);
  expect(readRetryAfter(["8", "9"], nowMs)).toBe(8_000);
  expect(readRetryAfter("Wed, 01 Jan 2025 00:00:30 GMT", nowMs)).toBe(30_000);
  expect(readRetryAfter("Tue, 31 Dec 2024 00:00:30 GMT", nowMs)).toBe(0);
  expect(readRetryAfter("soon", nowMs)).toBeNull();
  expect(readRetryAfter(undefined, nowMs)).toBeNull();
});
