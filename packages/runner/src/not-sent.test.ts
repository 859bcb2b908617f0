// What was made is told, and the queue does not take it: it is away, or has no topic yet for a step that is younger than this worker.
import { createPublisher, NotSentError } from "@segue/queue";
import { afterAll, beforeAll, expect, test } from "vitest";
import { read } from "./fixtures/fleet.ts";
import { createHarness, taskOf, testSubscription } from "./fixtures/harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());

test("it goes back as often as it takes, fails nobody, and is told when the queue is there", async () => {
  const { request } = await harness.accept("made, and not told");
  const task = taskOf("Rebuild", "read", request, { waiting: ["younger"], hops: 1 });
  const publisher = createPublisher(async (topic) => {
    throw new NotSentError(`${topic}: not found`);
  }, harness.chain);
  for (let deliveryAttempt = 1; deliveryAttempt <= 4; deliveryAttempt++) {
    const options = { id: "untold", deliveryAttempt, parts: { publisher } };
    expect(await harness.deliver(read, task, options)).toEqual({ ending: "handed-back", settled: "nack" });
  }
  const story = { id: "untold", subscription: testSubscription, step: "read" };
  expect((await harness.stories.read(story)).entries).toEqual([]);
  expect(harness.deadLetters).toEqual([]);
  const last = await harness.deliver(read, task, { id: "untold", deliveryAttempt: 5 });
  expect(last).toEqual({ ending: "skipped", settled: "ack" });
  expect(harness.outcomes).toMatchObject([{ step: "read", outcome: { status: "succeeded" } }]);
  expect(harness.tasks).toMatchObject([{ type: "Run", step: "younger", waiting: [] }]);
});

test("an error that is not the queue's counts as before", async () => {
  const { request } = await harness.accept("too large to be told");
  const publisher = createPublisher(async () => {
    throw new Error("3 INVALID_ARGUMENT: the message is too large");
  }, harness.chain);
  const delivered = await harness.deliver(read, taskOf("Run", "read", request), { parts: { publisher } });
  expect(delivered).toEqual({ ending: "retried", settled: "nack" });
});
