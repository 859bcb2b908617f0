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
  const key = { id: "1", subscription: "s" };
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
  await harness.stories.append({ id: "2", subscription: "a" }, entry("of a"));
  expect(await harness.stories.read({ id: "2", subscription: "b" })).toEqual({ entries: [], crashes: 0 });
});

test("nothing is lost when two workers add at the same moment", async () => {
  const key = { id: "3", subscription: "s" };
  await Promise.all([1, 2, 3].map((number) => harness.stories.append(key, entry(`${number}`))));
  expect((await harness.stories.read(key)).entries).toHaveLength(3);
});
