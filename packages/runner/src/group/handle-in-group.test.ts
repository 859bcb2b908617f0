// Steps of one service that feed each other: one delivery, and all that follows from it there.
import { readdir } from "node:fs/promises";
import type { ArtifactReady, Task } from "@segue/contracts";
import { NotSentError, type Send } from "@segue/queue";
import type { AnyStep } from "@segue/step";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { copy, read, words } from "../fixtures/fleet.ts";
import {
  ask,
  createHarness,
  requestId,
  type TogetherOptions,
  taskOf,
  testSubscription,
} from "../fixtures/harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  for (const list of [harness.sent, harness.ready, harness.tasks, harness.outcomes]) list.length = 0;
});

/** Delivers a message to a house of which `read` hears of it, and tells how the others ended. */
async function deliver(message: ArtifactReady | Task, options: TogetherOptions = {}) {
  const { ending, settled, endings } = await harness.deliverTogether(message, {
    house: [read, words, copy],
    ...options,
  });
  const { read: _, ...beside } = endings;
  return { ending, settled, beside };
}

const told = () => harness.outcomes.map(({ step, how }) => `${step} ${how}`).toSorted();
const facts = () => harness.sent.filter(({ topic }) => topic === "text");

async function textOf({ request }: ArtifactReady) {
  const address = harness.chain.addressesFor(request.master).get("text") ?? "";
  const record = await harness.artifacts.readRecord(harness.chain.storedKind("text"), address);
  if (record?.outcome.status !== "succeeded" || !record.outcome.payload)
    throw new Error("expected a record with a payload");
  return {
    record,
    payload: record.outcome.payload,
    isStored: await harness.artifacts.isIntact(record.outcome.payload),
  };
}

test("what follows is done in the same attempt: nothing is sent to it, and what is handed on is not stored", async () => {
  const message = await harness.accept("one two three");
  const { ending, settled, beside } = await deliver(message);
  expect([ending, settled, beside]).toEqual(["computed", "ack", { words: "computed", copy: "computed" }]);
  expect(told()).toEqual(["copy computed", "read computed", "words computed"]);
  expect(harness.sent.map(({ topic }) => topic)).toEqual(["outcomes", "outcomes", "outcomes"]);
  expect((await textOf(message)).isStored).toBe(false);
  const outcome = harness.outcomes.find(({ step }) => step === "copy")?.outcome;
  const payload = outcome?.status === "succeeded" ? outcome.payload : null;
  if (!payload) throw new Error("expected a payload");
  expect(String(await harness.store.readObject(payload))).toBe("one two three|ONE TWO THREE");
  expect(await readdir(harness.scratchDir)).toEqual([]);
});

test("what a step of another service wants is stored before it is told, and told to that step alone", async () => {
  const message = await harness.accept("for somebody else");
  const stored: boolean[] = [];
  const send: Send = async (topic, sent) => {
    if (topic === "text") stored.push((await textOf(message)).isStored);
    await harness.send(topic, sent);
  };
  const { beside } = await deliver(message, { house: [read, words], send });
  expect(beside).toEqual({ words: "computed" });
  expect(stored).toEqual([true]);
  expect(
    facts().map(({ attributes }) => Object.keys(attributes).filter((name) => name.startsWith("want."))),
  ).toEqual([["want.read", "want.copy"]]);
});

test("a step that this worker has never heard of is somebody else", async () => {
  const message = await harness.accept("for a plug-in", ["read", "words"]);
  const wants = [...message.request.wants, "of-tomorrow"];
  await deliver({ ...message, request: { ...message.request, wants } });
  expect((await textOf(message)).isStored).toBe(true);
  expect(facts()).toHaveLength(1);
});

test("once the worker drains the rest is the queue's, with what it needs", async () => {
  const message = await harness.accept("no time left");
  const draining = AbortSignal.abort();
  const { ending, settled, beside } = await deliver(message, { partsOf: () => ({ draining }) });
  expect([ending, settled, beside]).toEqual(["computed", "ack", {}]);
  expect(facts()).toHaveLength(1);
  expect((await textOf(message)).isStored).toBe(true);
});

test("from the third delivery on nothing is done together", async () => {
  const message = await harness.accept("it comes and comes");
  expect((await deliver(message, { deliveryAttempt: 3 })).beside).toEqual({});
  expect(facts()).toHaveLength(1);
  expect((await textOf(message)).isStored).toBe(true);
});

test("a step that fails is tried again by the queue, with its story; the others are done", async () => {
  const message = await harness.accept("throws in one");
  const { pool } = harness.partsFor(words);
  const trips = { ...pool, run: () => Promise.reject(new Error("it tripped")) };
  const partsOf = (step: AnyStep) => (step === words ? { pool: trips } : {});
  const { settled, beside } = await deliver(message, { partsOf });
  expect([settled, beside]).toEqual(["ack", { words: "retried", copy: "computed" }]);
  expect((await textOf(message)).isStored).toBe(true);
  const [fact, ...more] = facts();
  expect(more).toEqual([]);
  expect(Object.keys(fact?.attributes ?? {}).filter((name) => name.startsWith("want."))).toEqual([
    "want.words",
  ]);
  const story = await harness.stories.read({
    ...{ step: "words", id: "another", subscription: testSubscription },
    attributes: fact?.attributes ?? {},
  });
  expect(story?.entries).toHaveLength(1);
});

test("whoever gets it after a crash makes what is handed on again, once, and does what is left", async () => {
  const message = await harness.accept("half done");
  await deliver(message);
  const addresses = harness.chain.addressesFor(message.request.master);
  for (const kind of ["words", "copy"])
    await harness.store.deleteObject({
      bucket: harness.names.bucket("records"),
      name: `${addresses.get(kind)}.json`,
    });
  harness.outcomes.length = 0;
  const { ending, settled } = await deliver(message, { deliveryAttempt: 2 });
  expect([ending, settled]).toEqual(["skipped", "ack"]);
  expect(told().filter((each) => each.endsWith("computed"))).toEqual([
    "copy computed",
    "read computed",
    "words computed",
  ]);
  expect((await textOf(message)).isStored).toBe(false);
  expect([...facts(), ...harness.tasks]).toEqual([]);
});

test("what is asked for by a message is stored: others may wait for it too", async () => {
  const message = await harness.accept("asked for");
  await deliver(message);
  const { ending } = await deliver(taskOf("Rebuild", "read", message.request, { waiting: ["words"] }));
  expect(ending).toBe("computed");
  expect((await textOf(message)).isStored).toBe(true);
});

test("where what follows can't be sent the delivery goes back", async () => {
  const message = await harness.accept("queue is away");
  const send: Send = async (topic, sent) => {
    if (topic === "text") throw new NotSentError("the queue is away");
    await harness.send(topic, sent);
  };
  const draining = new AbortController();
  const { settled } = await deliver(message, {
    send,
    partsOf: () => ({
      draining: draining.signal,
      // The worker drains while its first step is at work.
      slots: {
        async acquire() {
          draining.abort();
          return { [Symbol.dispose]() {} };
        },
      },
    }),
  });
  expect(settled).toBe("nack");
});

test("of two branches that need what is handed on again, neither waits for a claim, and it is made once", async () => {
  const message = await harness.accept("handed on twice");
  await deliver(message);
  harness.sent.length = 0;
  harness.outcomes.length = 0;
  const forced = ask(message, { requestId: requestId(1), force: ["words", "copy"] });
  const { settled, beside } = await deliver(forced);
  expect([settled, beside]).toEqual(["ack", { words: "computed", copy: "computed" }]);
  expect(told().filter((each) => each.endsWith("computed"))).toEqual([
    "copy computed",
    "read computed",
    "words computed",
  ]);
  expect(new Set(harness.sent.map(({ topic }) => topic))).toEqual(new Set(["outcomes"]));
  const claims: string[] = [];
  const scratch = { bucket: harness.names.bucket("scratch"), prefix: "" };
  for await (const { name } of harness.store.walkObjects(scratch))
    if (name.endsWith(".rebuild.json")) claims.push(name);
  const address = harness.chain.addressesFor(message.request.master).get("text") ?? "";
  expect(claims).not.toContain(`${address}.rebuild.json`);
});
