import { afterAll, beforeAll, expect, test } from "vitest";
import batchFleet, { batchFleetUrl, count } from "./fixtures/batch-fleet.ts";
import { createHarness, type Delivered } from "./fixtures/harness.ts";

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
