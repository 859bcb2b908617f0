import type { ArtifactReady, Task } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { copy, read, spell, words } from "./fixtures/fleet.ts";
import { createHarness } from "./fixtures/harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  for (const list of [harness.ready, harness.outcomes]) list.length = 0;
});

const lastAttempt = () => harness.outcomes.at(-1)?.attempt;

test("an attempt says which programs it worked with, whether it succeeds or fails; the record keeps it", async () => {
  await harness.deliver(read, await harness.accept("with tools"));
  expect(lastAttempt()?.tools).toEqual({ reader: "1.0" });
  expect(harness.ready[0]?.record.attempt?.tools).toEqual({ reader: "1.0" });
  expect(await harness.deliver(read, await harness.accept("empty"))).toMatchObject({ ending: "failed" });
  expect(lastAttempt()?.tools).toEqual({ reader: "1.0" });
});

test("who finds a result there has worked with none", async () => {
  const message = await harness.accept("there already");
  await harness.deliver(read, message);
  expect(await harness.deliver(read, message)).toMatchObject({ ending: "skipped" });
  expect(lastAttempt()).not.toHaveProperty("tools");
});

test("in quarantine too", async () => {
  const message = await harness.accept("quarantined");
  const entry = { worker: "w", at: new Date().toISOString() };
  const delivery = { id: "crashed", subscription: "test-subscription", step: "read" };
  await harness.stories.begin(delivery, entry);
  const delivered = await harness.deliver(read, message, { id: "crashed", deliveryAttempt: 2 });
  expect(delivered).toMatchObject({ ending: "computed" });
  expect(harness.logged.map(({ message: text }) => text)).toContain(
    "earlier attempts ended badly: this one runs in quarantine",
  );
  expect(lastAttempt()?.tools).toEqual({ reader: "1.0" });
});

test("each of the attempts that handed on says its own", async () => {
  await harness.deliver(read, await harness.accept("abc", ["read", "spell"]));
  let message: ArtifactReady | Task | undefined = harness.ready.pop();
  for (let handedOn = 0; handedOn < 3; handedOn++) {
    if (!message) throw new Error("expected an announcement");
    await harness.deliver(spell, message, { parts: { draining: AbortSignal.abort() } });
    message = harness.tasks.pop();
  }
  if (!message) throw new Error("expected a continuation");
  expect(await harness.deliver(spell, message)).toMatchObject({ ending: "computed" });
  const attempt = lastAttempt();
  expect(attempt?.tools).toEqual({ alphabet: "26" });
  expect(attempt?.earlier.map(({ tools }) => tools)).toEqual(Array(3).fill({ alphabet: "26" }));
});

test("a step that says nothing, or can't say, runs all the same", async () => {
  const message = await harness.accept("says nothing");
  await harness.deliver(read, message);
  const [text] = harness.ready;
  if (!text) throw new Error("expected an announcement");
  for (const step of [words, copy]) {
    expect(await harness.deliver(step, text)).toMatchObject({ ending: "computed" });
    expect(lastAttempt()).not.toHaveProperty("tools");
  }
});
