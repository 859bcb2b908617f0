// What is missing, or has expired, is made for those that need it, and nobody else hears of it.
import { planRequest } from "@segue/chain";
import { Master, type Task } from "@segue/contracts";
import { createPublisher } from "@segue/queue";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { defineWideJoin } from "./fixtures/define-join.ts";
import fleet, { copy, read, words } from "./fixtures/fleet.ts";
import { createHarness, taskOf } from "./fixtures/harness.ts";
import { finished, poolOf } from "./fixtures/pool-of.ts";
import type { HandlerParts } from "./handler-parts.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  for (const list of [harness.ready, harness.tasks, harness.outcomes]) list.length = 0;
});

const expire = async (master: string) => {
  const address = fleet.chain.addressesFor(master).get("text");
  await harness.store.deleteObject({ bucket: harness.names.bucket("scratch"), name: `${address}.txt` });
};
/** A text that was made, announced, and has expired. */
const expiredText = async (text: string) => {
  await harness.deliver(read, await harness.accept(text));
  const fact = harness.ready.pop();
  if (!fact) throw new Error("expected a fact");
  await expire(fact.request.master);
  harness.outcomes.length = 0;
  return fact;
};
const takeTask = () => {
  const task = harness.tasks.shift();
  if (!task) throw new Error("expected a task");
  return task;
};

test("an input that has expired is made again by its producer for the step that needs it, which then runs", async () => {
  const fact = await expiredText("expires between two steps");
  const endings = await harness.deliverAll(fact);
  expect(endings.words).toEqual(["rebuild-requested", "computed"]);
  // Its sibling asked as well, and found the payload there again.
  expect(endings.copy).toContain("computed");
  expect(endings.read?.filter((ending) => ending === "computed")).toHaveLength(1);
  // What was made again is told to those that waited, and to the catalog.
  expect(harness.ready).toEqual([]);
  expect(harness.outcomes.map(({ step }) => step)).toContain("read");
});

test("a task has made what has never been made, and a fact waits for it", async () => {
  const { request, record } = await harness.accept("never made");
  expect(await harness.deliver(copy, { v: 2, type: "ArtifactReady", record, request })).toMatchObject({
    ending: "not-yet",
  });
  expect(harness.tasks).toEqual([]);
  const endings = await harness.deliverAll(taskOf("Run", "copy", request));
  expect(endings).toEqual({ copy: ["rebuild-requested", "computed"], read: ["computed"] });
});

test("what waits for what waits is told in its turn, and nothing goes round for ever", async () => {
  const { request } = await harness.accept("two steps up");
  await harness.deliver(read, taskOf("Rebuild", "read", request, { waiting: ["words", "copy"], hops: 2 }));
  expect(takeTask()).toMatchObject({ type: "Rebuild", step: "words", waiting: ["copy"], hops: 2 });
  const endless = taskOf("Run", "words", (await expiredText("for ever")).request, { hops: 21 });
  expect(await harness.deliver(words, endless)).toMatchObject({ ending: "retried" });
  expect(harness.tasks).toEqual([]);
});

test("a producer that fails ends it: the failure is told, and nobody is sent for", async () => {
  const { request } = await harness.accept("empty");
  expect(await harness.deliverAll(taskOf("Run", "words", request))).toEqual({
    words: ["rebuild-requested"],
    read: ["failed"],
  });
  expect(harness.outcomes).toMatchObject([{ step: "read", outcome: { status: "failed" } }]);
  // Whoever asks again is told again.
  expect(await harness.deliverAll(taskOf("Run", "words", request))).toEqual({
    words: ["rebuild-requested"],
    read: ["failed-before"],
  });
  expect(harness.outcomes).toHaveLength(2);
});

test("a payload that is intact is not made again", async () => {
  const fact = await harness.accept("intact");
  await harness.deliver(read, fact);
  const rebuild = taskOf("Rebuild", "read", fact.request, { waiting: ["words"] });
  expect(await harness.deliver(read, rebuild)).toMatchObject({ ending: "skipped" });
  expect(takeTask()).toMatchObject({ type: "Run", step: "words", waiting: [] });
});

test("a master that is gone can be made by nobody: that is a failure with a story", async () => {
  const { request, record } = await harness.accept("gone");
  if (record.kind !== Master.name || record.outcome.status !== "succeeded" || !record.outcome.payload)
    throw new Error("expected a master");
  await harness.store.deleteObject(record.outcome.payload);
  expect(await harness.deliver(read, taskOf("Run", "read", request))).toMatchObject({ ending: "retried" });
});

describe("when two branches ask for the same at once", () => {
  /** Begins to make it, and is preempted. */
  const preempt = async (task: Task, parts: Partial<HandlerParts> = {}) => {
    const preempted = new AbortController();
    const delivered = harness.deliver(read, task, { parts: { ...parts, signal: preempted.signal } });
    preempted.abort();
    expect(await delivered).toMatchObject({ ending: "handed-back" });
  };
  /** Both requests to make the text again, of the branches that need it. */
  const askTwice = async (text: string) => {
    const fact = await expiredText(text);
    for (const step of [words, copy])
      expect(await harness.deliver(step, fact)).toMatchObject({ ending: "rebuild-requested" });
    return { first: takeTask(), second: takeTask() };
  };

  test("it is made once: one computes, the other comes back and finds it there", async () => {
    const { first, second } = await askTwice("two branches at the same moment");
    const both = await Promise.all([harness.deliver(read, first), harness.deliver(read, second)]);
    expect(both.map(({ ending }) => ending).sort()).toEqual(["computed", "handed-back"]);
    const handedBack = both[0]?.ending === "handed-back" ? first : second;
    expect(await harness.deliver(read, handedBack, { deliveryAttempt: 2 })).toMatchObject({
      ending: "skipped",
    });
    expect(harness.tasks.map(({ type, step }) => `${type} ${step}`).sort()).toEqual([
      "Run copy",
      "Run words",
    ]);
  });

  test("whoever began goes on, on whatever worker has it next", async () => {
    const { first, second } = await askTwice("wait 500");
    await preempt(first);
    expect(await harness.deliver(read, second)).toMatchObject({ ending: "handed-back" });
    const elsewhere = { deliveryAttempt: 2, parts: { worker: "another" } };
    expect(await harness.deliver(read, first, elsewhere)).toMatchObject({ ending: "computed" });
  });

  test("nobody waits for a worker whose clock is an hour ahead", async () => {
    const { first, second } = await askTwice("wait 502");
    await preempt(first, { now: () => new Date(Date.now() + 3_600_000) });
    expect(await harness.deliver(read, second)).toMatchObject({ ending: "computed" });
  });

  test("nobody waits for one that has ended without a result", async () => {
    const { first, second } = await askTwice("wait 501");
    await preempt(first);
    const later = new Date(Date.now() + 31_000);
    const parts = { now: () => later };
    expect(await harness.deliver(read, second, { parts })).toMatchObject({ ending: "computed" });
  });
});

test("a payload that has expired is left alone when everything that needed it is done", async () => {
  const message = await harness.accept("done long ago");
  await harness.deliverAll(message);
  await expire(message.request.master);
  harness.outcomes.length = 0;
  const endings = await harness.deliverAll(message);
  expect(endings).toEqual({ read: ["skipped"], words: ["skipped"], copy: ["skipped"] });
  expect(harness.outcomes).toHaveLength(3);
});

test("a step with 25 inputs that are not there has all of them made, one after the other", async () => {
  const { join, chain } = defineWideJoin(25);
  const pool = poolOf(async () => finished({}));
  const parts = { chain, pool, publisher: createPublisher(harness.send, chain) };
  const { request } = await harness.accept("as wide as that", [join.name]);
  const planned = planRequest(chain, { ...request, wants: chain.steps.map(({ name }) => name) });
  const endings: string[] = [];
  const queue: Task[] = [taskOf("Run", join.name, planned)];
  for (let task = queue.shift(); task; task = queue.shift()) {
    const step = chain.step(task.step);
    endings.push(`${step.name} ${(await harness.deliver(step, task, { parts })).ending}`);
    queue.push(...harness.tasks.splice(0));
  }
  expect(endings.filter((ending) => ending.endsWith("rebuild-requested"))).toHaveLength(25);
  expect(endings.at(-1)).toBe(`${join.name} computed`);
});
