// A command step under the runner: what every step is promised holds for a program as well.
import { readdir } from "node:fs/promises";
import { isRunning } from "@segue/child-process";
import type { ArtifactReady, Task } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import fleet, { commandFleetUrl, hurriedObey, obey } from "./fixtures/command-fleet.ts";
import { createHarness, testSubscription } from "./fixtures/harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness({ fleet, fleetUrl: commandFleetUrl });
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  for (const list of [harness.ready, harness.outcomes, harness.deadLetters, harness.logged]) list.length = 0;
});

const accept = (text: string) => harness.accept(text, ["obey"]);
const Started = z.object({ pids: z.array(z.int().positive()) });
const startedPids = () =>
  harness.logged.flatMap((line) => (line.message === "started" ? Started.parse(line.fields).pids : []));

test("computes once; delivered again, twice at once too, it is announced again", async () => {
  const message = await accept("well");
  expect(await harness.deliver(obey, message)).toEqual({ ending: "computed", settled: "ack" });
  expect(await harness.deliver(obey, message)).toEqual({ ending: "skipped", settled: "ack" });
  const [told] = harness.outcomes;
  if (told?.outcome.status !== "succeeded" || !told.outcome.payload) throw new Error("no payload");
  expect((await harness.store.readObject(told.outcome.payload)).toString()).toBe("obeyed well");
  expect(told.attempt.cpuMs).toBeGreaterThan(0);
  const twice = await accept("twice");
  const both = await Promise.all([harness.deliver(obey, twice), harness.deliver(obey, twice)]);
  expect(both.map((delivered) => delivered.settled)).toEqual(["ack", "ack"]);
  expect(await readdir(harness.scratchDir)).toEqual([]);
});

describe("a failure", () => {
  test.each([
    ["refuse", "empty-file", "there is nothing in it"],
    ["garbage", "invalid-output", "Loading model..."],
  ])("that is permanent (%s) is remembered at its address", async (order, code, says) => {
    const message = await accept(order);
    expect(await harness.deliver(obey, message)).toEqual({ ending: "failed", settled: "ack" });
    expect(await harness.deliver(obey, message)).toEqual({ ending: "failed-before", settled: "ack" });
    const failed = { outcome: { status: "failed", error: { code, message: expect.stringContaining(says) } } };
    expect(harness.outcomes).toMatchObject([failed, failed]);
  });

  test("of any other sort is retried, then dead-lettered with its story", async () => {
    const message = await accept("exit");
    expect(await harness.deliver(obey, message, { id: "exit" })).toMatchObject({ ending: "retried" });
    expect(await harness.deliver(obey, message, { id: "exit" })).toMatchObject({ ending: "dead-lettered" });
    expect(harness.deadLetters[0]?.story.map((entry) => entry.error.message)).toEqual(
      Array(2).fill("obey's program exited with 3"),
    );
  });

  test("to keep to its time kills the program, and the next one is fine", async () => {
    const message = await accept("spin");
    // On a busy machine a program may take all of its time to begin, and an attempt may starve.
    while (startedPids().length === 0) {
      const { ending, settled } = await harness.deliver(hurriedObey, message);
      expect(["retried", "put-off"]).toContain(ending);
      expect(settled).toBe("nack");
    }
    for (const pid of startedPids()) await expect.poll(() => isRunning(pid)).toBe(false);
    expect(await harness.deliver(obey, await accept("after spin"))).toMatchObject({ ending: "computed" });
  });
});

test("a drain kills a program that ignores TERM, with its children, and hands its message back", async () => {
  const stopping = new AbortController();
  const parts = { signal: stopping.signal };
  const delivered = harness.deliver(obey, await accept("deaf"), { parts });
  await expect.poll(() => startedPids().length).toBe(2);
  stopping.abort();
  expect(await delivered).toEqual({ ending: "handed-back", settled: "nack" });
  for (const pid of startedPids()) await expect.poll(() => isRunning(pid)).toBe(false);
});

test("a drain stops it at its next checkpoint, and another worker goes on from there", async () => {
  let message: ArtifactReady | Task = await accept("count 3");
  const parts = { draining: AbortSignal.abort() };
  for (let handedOn = 0; handedOn < 3; handedOn++) {
    expect(await harness.deliver(obey, message, { parts })).toMatchObject({ ending: "handed-on" });
    const continuation = harness.tasks.pop();
    if (!continuation) throw new Error("expected a continuation");
    message = continuation;
  }
  expect(await harness.deliver(obey, message, { parts })).toMatchObject({ ending: "computed" });
  expect(harness.outcomes.at(-1)?.outcome).toMatchObject({ facts: { starts: 4 } });
});

test("a checkpoint that can't be kept ends the program too", async () => {
  const message = await accept("count 1000000");
  const parts = harness.partsFor(obey);
  const checkpoints = {
    ...parts.checkpoints,
    save: async () => {
      throw new Error("storage is away");
    },
  };
  const draining = AbortSignal.abort();
  expect(await harness.deliver(obey, message, { parts: { checkpoints, draining } })).toMatchObject({
    settled: "nack",
  });
  expect(await harness.deliver(obey, await accept("after that"))).toMatchObject({ ending: "computed" });
});

test("after a delivery that took its worker with it, it runs in quarantine", async () => {
  const message = await accept("in quarantine");
  await harness.stories.begin(
    { id: "unlucky", subscription: testSubscription, step: "obey" },
    { worker: "crashed-worker", at: "2026-01-01T00:00:00.000Z" },
  );
  expect(await harness.deliver(obey, message, { id: "unlucky", deliveryAttempt: 3 })).toMatchObject({
    ending: "computed",
  });
  expect(harness.logged.some((line) => line.message.includes("quarantine"))).toBe(true);
});
