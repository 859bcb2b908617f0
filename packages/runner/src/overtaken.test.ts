// A delivery may wait for a core for longer than its lease: whoever had its message meanwhile has done its work.
import { afterAll, beforeAll, expect, test } from "vitest";
import { read } from "./fixtures/fleet.ts";
import { createHarness } from "./fixtures/harness.ts";
import type { CpuSlots } from "./handler-parts.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());

/** A machine that has a core after a minute and a half, in which something happens. */
function busyFor(minuteAndMore: () => Promise<unknown>) {
  let waitedMs = 0;
  const slots: CpuSlots = {
    async acquire() {
      waitedMs += 90_000;
      await minuteAndMore();
      return { [Symbol.dispose]() {} };
    },
  };
  return { slots, now: () => new Date(Date.now() + waitedMs) };
}

test("what somebody else has made while it waited for a core is not made again", async () => {
  const message = await harness.accept("overtaken", ["read"]);
  const parts = busyFor(async () => {
    expect((await harness.deliver(read, message, { id: "m", deliveryAttempt: 2 })).ending).toBe("computed");
  });
  expect((await harness.deliver(read, message, { id: "m", parts })).ending).toBe("skipped");
});

test("what nobody has made meanwhile is made, in its first turn", async () => {
  const message = await harness.accept("not overtaken", ["read"]);
  let turns = 0;
  const parts = busyFor(async () => void turns++);
  expect((await harness.deliver(read, message, { parts })).ending).toBe("computed");
  expect(turns).toBe(1);
});
