import { afterAll, beforeAll, expect, test } from "vitest";
import { unlimitedSlots } from "./cpu-slots.ts";
import batchFleet, { batchFleetUrl, count } from "./fixtures/batch-fleet.ts";
import { createHarness, type Delivered } from "./fixtures/harness.ts";
import { createJointSlots } from "./joint-slots.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness({ fleet: batchFleet, fleetUrl: batchFleetUrl });
});
afterAll(async () => {
  await harness[Symbol.asyncDispose]();
});

async function deliverTogether(texts: readonly string[], again = {}): Promise<Delivered[]> {
  const messages = await Promise.all(texts.map((text) => harness.accept(text, ["count"])));
  return Promise.all(
    messages.map((message, index) => harness.deliver(count, message, { id: texts[index] ?? "", ...again })),
  );
}

const factsOf = (text: string) =>
  harness.outcomes.flatMap(({ outcome }) =>
    outcome.status === "succeeded" && Number(Object(outcome.facts).words) === text.split(" ").length
      ? [outcome.facts]
      : [],
  );

test("messages that come together are done in one go, and each is acked by itself", async () => {
  const texts = ["one", "one two", "one two three"];
  expect(await deliverTogether(texts)).toEqual(texts.map(() => ({ ending: "computed", settled: "ack" })));
  for (const text of texts) expect(factsOf(text)).toMatchObject([{ together: 3 }]);
});

test("bad inputs fail alone, in prepare and in the batch", async () => {
  const ended = await deliverTogether(["unreadable", "refused", "1 2 3 4"]);
  expect(ended.map(({ ending }) => ending)).toEqual(["failed", "failed", "computed"]);
  expect(factsOf("1 2 3 4")).toMatchObject([{ together: 2 }]);
});

test("a batch that is killed is done one by one when its messages come again, and only the deadly one dies", async () => {
  const texts = ["a b c d e f", "deadly", "a b c d e f g"];
  const first = await deliverTogether(texts);
  expect(first.map(({ settled }) => settled)).toEqual(["nack", "nack", "nack"]);
  const again: Delivered[] = [];
  for (const text of texts) again.push(...(await deliverTogether([text], { deliveryAttempt: 2 })));
  expect(again.map(({ ending }) => ending)).toEqual(["computed", "dead-lettered", "computed"]);
  expect(factsOf("a b c d e f")).toMatchObject([{ together: 1 }]);
});

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
