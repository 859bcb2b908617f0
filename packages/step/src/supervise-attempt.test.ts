import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { read } from "./fixtures/fleet.ts";
import { longestWaitMs, readSchedule, readThreadId } from "./schedule.ts";
import { timeOut } from "./supervise-attempt.ts";

test("an attempt that mostly waited for others has starved; any other has had its time", () => {
  const { timeMs } = read.budget;
  expect(timeOut(read, timeMs * 0.69)).toMatchObject({ code: "time-budget-exceeded" });
  expect(timeOut(read, timeMs * 0.71)).toMatchObject({ code: "starved", permanent: false });
});

test.runIf(process.platform === "linux")("a thread that sleeps has waited for nothing", async () => {
  const before = readSchedule("thread-self");
  expect(readSchedule(`self/task/${readThreadId()}`)).not.toBeNull();
  await sleep(1_000);
  const after = readSchedule("thread-self");
  if (!before || !after) throw new Error("expected schedstat");
  expect(after.waitedMs - before.waitedMs).toBeLessThan(1_000);
  expect(longestWaitMs(process.pid)).toBeGreaterThanOrEqual(before.waitedMs);
  expect(longestWaitMs(2 ** 30)).toBe(0);
});
