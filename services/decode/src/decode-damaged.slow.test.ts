// More of what `decode-damaged.test.ts` does a little of: every decode starts ffmpeg, and Debian's takes 55 ms of CPU to start.
import { describe, test } from "vitest";
import { expectTyped, testCuts } from "./fixtures/damage.ts";

describe("cut off at any byte", () =>
  testCuts([
    1, 2, 3, 4, 7, 11, 12, 20, 40, 43, 44, 45, 46, 47, 48, 64, 100, 128, 200, 400, 1000, 2000, -100, -1,
  ]));

test("files with random bytes overwritten each end in one typed outcome", () => expectTyped(6));
