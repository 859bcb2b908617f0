import { expect, test } from "vitest";
import { unlimitedSlots } from "./cpu-slots.ts";
import { createJointSlots } from "./joint-slots.ts";

test("as many attempts as a batch has room for hold one slot, until the last of them is over", async () => {
  let held = 0;
  const counting = {
    async acquire() {
      held += 1;
      return {
        [Symbol.dispose]() {
          held -= 1;
        },
      };
    },
  };
  const slots = createJointSlots(counting, 2);
  const signal = new AbortController().signal;
  const [a, b, c] = await Promise.all([1, 2, 3].map(() => slots.acquire(signal, "live")));
  expect(held).toBe(2);
  c?.[Symbol.dispose]();
  a?.[Symbol.dispose]();
  await Promise.resolve();
  expect(held).toBe(1);
  const d = await slots.acquire(signal, "live");
  expect(held).toBe(1);
  b?.[Symbol.dispose]();
  d[Symbol.dispose]();
  await expect.poll(() => held).toBe(0);
});

test("whoever shares a slot that is never given is told so with the one who asked for it", async () => {
  const slots = createJointSlots(
    {
      acquire: (signal) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    },
    2,
  );
  const stop = new AbortController();
  const both = [slots.acquire(stop.signal, "live"), slots.acquire(stop.signal, "live")];
  stop.abort(new Error("draining"));
  for (const one of both) await expect(one).rejects.toThrow("draining");
  await expect(
    createJointSlots(unlimitedSlots, 2).acquire(new AbortController().signal, "live"),
  ).resolves.toBeDefined();
});
