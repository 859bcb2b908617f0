import { expect, test } from "vitest";
import { readFetchConfig, readFetchSlots } from "./config.ts";

test("how many sources a process has in hand of one host is what it is told, as whoever reckons with it reads it", () => {
  for (const [env, slots] of [
    [{}, 8],
    [{ SEGUE_FETCHES_PER_HOST: "3" }, 3],
    [{ SEGUE_FETCHES_PER_HOST: "40" }, 16],
    [{ SEGUE_FETCHES_AT_ONCE: "2" }, 2],
  ] as const) {
    expect(readFetchSlots(env)).toBe(slots);
    const { atOnce, perHost } = readFetchConfig(env);
    expect(Math.min(atOnce, perHost)).toBe(slots);
  }
  expect(() => readFetchSlots({ SEGUE_FETCHES_PER_HOST: "0" })).toThrow(/SEGUE_FETCHES_PER_HOST/);
});
