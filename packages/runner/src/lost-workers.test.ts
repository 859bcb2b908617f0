// A message that has lost many workers is put off before it is tried; whoever does not lose one more is waited for by nobody.
import type { Hold } from "@segue/artifacts";
import { locate } from "@segue/chain";
import { afterAll, beforeAll, expect, test } from "vitest";
import { read } from "./fixtures/fleet.ts";
import { ask, createHarness, requestId, testSubscription } from "./fixtures/harness.ts";

type Harness = Awaited<ReturnType<typeof createHarness>>;
let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());

/** As many as are put off. */
const often = 2;
const lose = async (id: string) => {
  const key = { id, subscription: testSubscription, step: "read" };
  for (let lost = 0; lost < often; lost++)
    await harness.stories.begin(key, { worker: "gone", at: `2026-01-01T00:00:0${lost}.000Z` });
};
const drained = () => ({ signal: AbortSignal.timeout(1_500) });
type Message = Awaited<ReturnType<Harness["accept"]>>;
const workOf = ({ request }: Message) => ({
  address: locate(harness.partsFor(read), request).address,
  pieces: null,
});
const waitsFor = async (message: Message) => {
  const now = new Date();
  const hold = await harness.partsFor(read).holds.find(workOf(message), now);
  return hold !== undefined && Date.parse(hold.until) > now.getTime();
};

test("while it is tried it is put off for others; drained, it is waited for by nobody", async () => {
  const message = await harness.accept("wait 60000");
  await lose("drained");
  const trying = harness.deliver(read, message, { id: "drained", deliveryAttempt: 3, parts: drained() });
  await expect.poll(() => waitsFor(message), { timeout: 30_000 }).toBe(true);
  expect(await trying).toEqual({ ending: "handed-back", settled: "nack" });
  expect(await waitsFor(message)).toBe(false);
});

test("nor is it, where it failed and is tried again", async () => {
  const message = await harness.accept("throw up");
  await lose("failed");
  const first = await harness.deliver(read, message, { id: "failed", deliveryAttempt: 3 });
  expect(first).toMatchObject({ ending: "retried" });
  expect(await waitsFor(message)).toBe(false);
  const second = await harness.deliver(read, message, { id: "failed", deliveryAttempt: 4 });
  expect(second.ending).not.toBe("handed-back");
});

test("nor is another request for the same", async () => {
  const message = await harness.accept("wait 60000 b");
  await lose("mine");
  await harness.deliver(read, message, { id: "mine", deliveryAttempt: 3, parts: drained() });
  harness.logged.length = 0;
  const other = ask(message, { requestId: requestId(9) });
  await harness.deliver(read, other, { id: "other", deliveryAttempt: 2, parts: drained() });
  const said = harness.logged.map(({ fields }) => String(Object(fields).error?.message));
  expect(said.filter((text) => text.includes("is not tried before"))).toEqual([]);
});

test("a pause that it had for another reason stays as it was", async () => {
  const message = await harness.accept("wait 60000 c");
  const { holds } = harness.partsFor(read);
  const earlier: Hold = {
    v: 1,
    until: "2026-01-01T00:00:00.000Z",
    times: 3,
    reason: "no time",
    suspicions: [],
  };
  await holds.restore(workOf(message), earlier);
  await lose("starved");
  await harness.deliver(read, message, { id: "starved", deliveryAttempt: 3, parts: drained() });
  expect(await holds.find(workOf(message), new Date())).toEqual(earlier);
});
