import { randomBytes } from "node:crypto";
import { crc32c } from "@node-rs/crc32";
import { expect, test } from "vitest";
import { combineCrc32c } from "./combine-crc32c.ts";

test.each([
  [0, 5],
  [5, 0],
  [1, 1],
  [3, 1_000_003],
  [70_000, 4_096],
])("pieces of %i and %i bytes: as if they had been one", (firstBytes, secondBytes) => {
  const [first, second] = [randomBytes(firstBytes), randomBytes(secondBytes)];
  const whole = crc32c(Buffer.concat([first, second]));
  expect(combineCrc32c(crc32c(first), crc32c(second), secondBytes)).toBe(whole);
});
