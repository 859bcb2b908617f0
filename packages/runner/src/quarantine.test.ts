import { readdir } from "node:fs/promises";
import { isRunning } from "@segue/child-process";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { read, spell } from "./fixtures/fleet.ts";
import { createHarness, testSubscription } from "./fixtures/harness.ts";
import { hurriedFleetUrl, hurriedRead } from "./fixtures/hurried-fleet.ts";
import { createQuarantine } from "./quarantine.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  for (const list of [harness.ready, harness.outcomes, harness.deadLetters, harness.logged]) list.length = 0;
});

const crash = (id: string, step = "read") =>
  harness.stories.begin(
    { id, subscription: testSubscription, step },
    { worker: "crashed-worker", at: "2026-01-01T00:00:00.000Z" },
  );
const ranInQuarantine = () => harness.logged.some((line) => line.message.includes("quarantine"));

describe("a delivery after one that took its worker with it", () => {
  test("runs in quarantine, and if its file is good, all is well", async () => {
    const message = await harness.accept("merely unlucky");
    await crash("unlucky");
    expect(await harness.deliver(read, message, { id: "unlucky", deliveryAttempt: 3 })).toEqual({
      ending: "computed",
      settled: "ack",
    });
    expect(ranInQuarantine()).toBe(true);
    expect(harness.ready[0]?.record.outcome).toMatchObject({ facts: { length: 14 } });
    expect(await readdir(harness.scratchDir)).toEqual([]);
  });

  test("goes on from a checkpoint, reads ranges and hands on there too", async () => {
    await harness.deliver(read, await harness.accept("in pieces", ["read", "spell"]));
    const message = harness.ready.pop();
    if (!message) throw new Error("expected an announcement");
    await crash("pieces", "spell");
    const parts = { draining: AbortSignal.abort() };
    expect(await harness.deliver(spell, message, { id: "pieces", deliveryAttempt: 2, parts })).toMatchObject({
      ending: "handed-on",
    });
    expect(await harness.deliver(spell, message, { id: "pieces", deliveryAttempt: 3 })).toMatchObject({
      ending: "computed",
    });
    expect(harness.outcomes.at(-1)?.outcome).toMatchObject({ facts: { letters: 9, attempts: 2 } });
  });

  test.each([
    ["abort", "worker-crashed", "SIGABRT"],
    ["kill", "memory-budget-exceeded", "SIGKILL"],
    ["hoard", "memory-budget-exceeded", "200 MiB"],
    ["exit", "worker-crashed", ""],
  ])(
    "that would do it again (%s) fails there, and is set aside with its whole story",
    async (text, code, says) => {
      const message = await harness.accept(text);
      const id = `poison-${text}`;
      await crash(id);
      const first = await harness.deliver(read, message, { id, deliveryAttempt: 2 });
      expect(first).toEqual({ ending: "retried", settled: "nack" });
      const second = await harness.deliver(read, message, { id, deliveryAttempt: 3 });
      expect(second).toEqual({ ending: "dead-lettered", settled: "ack" });
      const [letter] = harness.deadLetters;
      expect(letter?.story.map((entry) => entry.error.code)).toEqual(["worker-crashed", code, code]);
      expect(letter?.story[0]).toMatchObject({ worker: "crashed-worker" });
      expect(letter?.story[1]?.error.message).toContain(says);
      expect(harness.outcomes).toMatchObject([
        { outcome: { status: "failed", error: { code: "retries-exhausted" } } },
      ]);
      expect(await readdir(harness.scratchDir)).toEqual([]);
    },
  );

  test("leaves no child of its own when its process is stopped", async () => {
    const message = await harness.accept("child");
    await crash("child");
    const parts = { quarantine: createQuarantine({ fleetUrl: hurriedFleetUrl }) };
    await harness.deliver(hurriedRead, message, { id: "child", deliveryAttempt: 2, parts });
    const started = harness.logged.find((line) => line.message === "child started");
    const { pid } = z.object({ pid: z.int().positive() }).parse(started?.fields);
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  test("is stopped by a drain and handed back without a mark against it", async () => {
    const message = await harness.accept("wait 60000");
    await crash("drained");
    const signal = AbortSignal.timeout(1_500);
    expect(
      await harness.deliver(read, message, { id: "drained", deliveryAttempt: 2, parts: { signal } }),
    ).toEqual({
      ending: "handed-back",
      settled: "nack",
    });
    const { entries } = await harness.stories.read({
      id: "drained",
      subscription: testSubscription,
      step: "read",
    });
    expect(entries).toHaveLength(1);
  });
});

test("an attempt that finds the quarantine taken is handed back without a mark against it", async () => {
  const message = await harness.accept("one too many");
  await crash("second");
  const { quarantine } = harness.partsFor(read);
  const lane = quarantine.enter();
  const deliver = () =>
    harness.deliver(read, message, { id: "second", deliveryAttempt: 2, parts: { quarantine } });
  const objects = async () => {
    const { store, names } = harness;
    const all: string[] = [];
    for await (const { name } of store.walkObjects({ bucket: names.bucket("scratch"), prefix: "" }))
      all.push(name);
    return all;
  };
  const before = await objects();
  // However often: each that adds to its story makes the next one read more, and is taken for a crash where its worker goes meanwhile.
  for (let times = 0; times < 3; times++)
    expect(await deliver()).toEqual({ ending: "handed-back", settled: "nack" });
  expect(await objects()).toEqual(before);
  lane?.[Symbol.dispose]();
  expect(await deliver()).toEqual({ ending: "computed", settled: "ack" });
  // Whoever has been there leaves it free.
  quarantine.enter()?.[Symbol.dispose]();
  expect(quarantine.enter()).toBeDefined();
});

test("a message that loses worker after worker even so is set aside at last", async () => {
  const message = await harness.accept("a node that is taken away, again and again");
  for (let lost = 0; lost < 4; lost++) await crash("lost");
  expect(await harness.deliver(read, message, { id: "lost", deliveryAttempt: 6 })).toMatchObject({
    ending: "dead-lettered",
  });
  expect(harness.deadLetters[0]?.story).toHaveLength(5);
});

test("a message that comes again for other reasons is not suspected, and not remembered as a crash", async () => {
  const message = await harness.accept("throw up");
  expect(await harness.deliver(read, message, { id: "again", deliveryAttempt: 2 })).toMatchObject({
    ending: "retried",
  });
  expect(ranInQuarantine()).toBe(false);
  const story = await harness.stories.read({ id: "again", subscription: testSubscription, step: "read" });
  expect(story).toMatchObject({ crashes: 0, entries: [{ error: { code: "step-failed" } }] });
});
