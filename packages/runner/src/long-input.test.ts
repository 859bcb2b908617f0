// A step on long input, over as many attempts as it takes.
import { createCheckpoints } from "@segue/artifacts";
import type { ArtifactReady, Task } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import fleet, { read, spell } from "./fixtures/fleet.ts";
import { ask, createHarness } from "./fixtures/harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  for (const list of [harness.ready, harness.tasks, harness.outcomes]) list.length = 0;
});

const draining = AbortSignal.abort();
const spelt = (text: string) => [...text.toUpperCase()].map((letter) => `${letter}.`).join("");
const payload = async () => {
  const { outcome } = harness.outcomes.at(-1) ?? {};
  if (outcome?.status !== "succeeded" || !outcome.payload) throw new Error("no payload");
  return (await harness.store.readObject(outcome.payload)).toString();
};
const takeTask = () => {
  const task = harness.tasks.pop();
  if (!task) throw new Error("expected a task");
  return task;
};
const announcedText = async (text: string) => {
  await harness.deliver(read, await harness.accept(text, ["read", "words", "spell"]));
  const message = harness.ready.pop();
  if (!message) throw new Error("expected an announcement");
  return message;
};
const leftovers = async () => {
  const prefix = { bucket: harness.names.bucket("scratch"), prefix: "" };
  const { objects } = await harness.store.listObjects(prefix);
  return objects.filter((object) => object.name.includes(".run/")).map((object) => object.name);
};

test("that fits into one attempt is joined by storage and leaves nothing behind", async () => {
  const message = await announcedText("at once");
  expect(await harness.deliver(spell, message)).toMatchObject({ ending: "computed" });
  expect(await payload()).toBe(spelt("at once"));
  expect(await leftovers()).toEqual([]);
});

test("hands on at every checkpoint while workers drain, and comes to the same end", async () => {
  const text = "a text of more than thirty-two letters";
  let message: ArtifactReady | Task = await announcedText(text);
  for (let handedOn = 0; handedOn < text.length; handedOn++) {
    expect(await harness.deliver(spell, message, { parts: { draining } })).toMatchObject({
      ending: "handed-on",
    });
    message = takeTask();
    // For this step alone: the siblings have heard of the input.
    expect(message).toMatchObject({ type: "Continue", step: "spell", checkpoint: handedOn + 1 });
  }
  expect(await harness.deliver(spell, message, { parts: { draining } })).toMatchObject({
    ending: "computed",
  });
  expect(harness.outcomes.at(-1)?.outcome).toMatchObject({
    facts: { letters: text.length, attempts: text.length + 1 },
  });
  expect(await payload()).toBe(spelt(text));
  expect(await leftovers()).toEqual([]);
});

test("counts what all its attempts have used", async () => {
  let message: ArtifactReady | Task = await announcedText("abc");
  let seconds = 0;
  const parts = { draining, gpuShare: 0.5, now: () => new Date(1000 * seconds++) };
  let cpuMs: number | null = 0;
  for (let handedOn = 0; handedOn < 3; handedOn++) {
    await harness.deliver(spell, message, { parts });
    const address = fleet.chain.addressesFor(message.request.master).get("spelt") ?? "";
    const spent = (await createCheckpoints(harness.store, harness.names).latest(address))?.spent;
    expect(spent).toMatchObject({ gpuMs: 500 * (handedOn + 1) });
    expect(spent?.cpuMs).toBeGreaterThan(cpuMs ?? 0);
    cpuMs = spent?.cpuMs ?? null;
    message = takeTask();
  }
  await harness.deliver(spell, message, { parts });
  const { attempt } = harness.outcomes.at(-1) ?? {};
  expect(attempt).toMatchObject({ gpuMs: 2_000 });
  expect(attempt?.earlier.map(({ durationMs }) => durationMs)).toEqual([1_000, 1_000, 1_000]);
  expect(attempt?.cpuMs).toBeGreaterThan(cpuMs ?? 0);
});

test("hands on what steps that are younger than this worker's code are wanted for", async () => {
  const message = await announcedText("younger");
  const wants = [...message.request.wants, "plugged-in"];
  await harness.deliver(spell, ask(message, { wants }), { parts: { draining } });
  expect(await harness.deliver(spell, takeTask())).toMatchObject({ ending: "computed" });
  // What follows from the step hears of it from the one that ends the run.
  expect(harness.ready).toMatchObject([{ record: { kind: "spelt" }, request: { wants } }]);
});

test("leaves the joining of many files to an attempt of its own, once", async () => {
  const text = "more than thirty-two letters, all at once";
  const message = await announcedText(text);
  expect(await harness.deliver(spell, message)).toMatchObject({ ending: "handed-on" });
  const continuation = takeTask();
  expect(continuation).toMatchObject({ type: "Continue", checkpoint: 1 });
  expect(await harness.deliver(spell, continuation)).toMatchObject({ ending: "computed" });
  expect(await payload()).toBe(spelt(text));
  expect(await leftovers()).toEqual([]);
});

test("goes on from the checkpoint when the worker that stored it died before it announced it", async () => {
  const message = await announcedText("died");
  await harness.deliver(spell, message, { parts: { draining } });
  expect(await harness.deliver(spell, message, { deliveryAttempt: 2 })).toMatchObject({
    ending: "computed",
  });
  expect(harness.outcomes.at(-1)?.outcome).toMatchObject({ facts: { attempts: 2 } });
  expect(await payload()).toBe(spelt("died"));
});

test("asks for its input again when that expires while it is read in ranges", async () => {
  const message = await announcedText("expired");
  const address = fleet.chain.addressesFor(message.request.master).get("text");
  await harness.store.deleteObject({ bucket: harness.names.bucket("scratch"), name: `${address}.txt` });
  expect(await harness.deliver(spell, message)).toEqual({ ending: "rebuild-requested", settled: "ack" });
  expect(takeTask()).toMatchObject({ type: "Rebuild", step: "read", waiting: ["spell"], hops: 1 });
});
