import { expect, test } from "vitest";
import { sayWhen } from "./say-time.ts";

const now = Date.parse("2026-01-02T12:00:00.000Z");
const ago = (ms: number) => sayWhen(new Date(now - ms).toISOString(), now);

test("what is near is told by how long ago it was, the rest by when", () => {
  expect(ago(0)).toBe("now");
  // A clock that is behind the server's.
  expect(ago(-60_000)).toBe("now");
  expect(ago(30_000)).toContain("30");
  expect(ago(1_500_000)).toContain("25");
  expect(ago(7_200_000)).toMatch(/:\d\d:\d\d/);
  expect(ago(9 * 86_400_000)).toMatch(/24/);
});
