import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { limitCpu } from "./cpu-limit.ts";

test("waiting does not count, work does", async () => {
  const limit = limitCpu(300, "the work");
  const waited = delay(1_000, "waited");
  expect(await Promise.race([waited, limit.exceeded])).toBe("waited");
  const working = setInterval(() => {
    for (const until = performance.now() + 20; performance.now() < until; );
  }, 1);
  await expect(limit.exceeded).rejects.toThrow("the work took over 300 ms of CPU");
  clearInterval(working);
  limit[Symbol.dispose]();
});
