import { createStories } from "@segue/artifacts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHarness } from "./fixtures/harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());

const at = "2026-01-01T00:00:00.000Z";
const entry = (message: string) => ({ at, worker: "w", error: { code: "step-failed" as const, message } });

test("an attempt counts as a crash from its beginning to its end", async () => {
  const key = { id: "1", subscription: "s", step: "read" };
  await harness.stories.append(key, entry("first"));
  const { story, end } = await harness.stories.begin(key, { worker: "w", at });
  expect(story).toEqual({ entries: [entry("first")], crashes: 0 });
  expect(await harness.stories.read(key)).toMatchObject({ crashes: 1 });
  await end();
  expect(await harness.stories.append(key, entry("second"))).toEqual({
    entries: [entry("first"), entry("second")],
    crashes: 0,
  });
});

test("subscriptions of a topic share message ids, and no stories", async () => {
  await harness.stories.append({ id: "2", subscription: "a", step: "read" }, entry("of a"));
  expect(await harness.stories.read({ id: "2", subscription: "b", step: "read" })).toEqual({
    entries: [],
    crashes: 0,
  });
});

test("a message that is sent again to another topic keeps its story, which its other steps don't share", async () => {
  const attributes = { story: "one and the same" };
  await harness.stories.append(
    { id: "4", subscription: "fact", attributes, step: "read" },
    entry("of a fact"),
  );
  const asTask = { id: "5", subscription: "tasks", attributes };
  expect((await harness.stories.read({ ...asTask, step: "read" })).entries).toHaveLength(1);
  expect((await harness.stories.read({ ...asTask, step: "words" })).entries).toEqual([]);
});

test("nothing is lost when two workers add at the same moment", async () => {
  const key = { id: "3", subscription: "s", step: "read" };
  await Promise.all([1, 2, 3].map((number) => harness.stories.append(key, entry(`${number}`))));
  expect((await harness.stories.read(key)).entries).toHaveLength(3);
});

test("a chapter that was written, and whose answer was lost, stands there once", async () => {
  const { store, names } = harness;
  // As storage answers the same request when it comes again.
  const forgetful = createStories(
    {
      ...store,
      async writeObject(request) {
        await store.writeObject(request);
        return await store.writeObject(request);
      },
    },
    names,
  );
  const key = { id: "6", subscription: "s", step: "read" };
  const { story, end } = await forgetful.begin(key, { worker: "w", at });
  expect(story).toEqual({ entries: [], crashes: 0 });
  await end();
  expect(await forgetful.append(key, entry("once"))).toEqual({ entries: [entry("once")], crashes: 0 });
  expect(await harness.stories.read(key)).toEqual({ entries: [entry("once")], crashes: 0 });
});
