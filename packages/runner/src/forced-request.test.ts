// What a request has forced once is not made again, however often its messages come: somebody pays for it.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { read, stitch, words } from "./fixtures/fleet.ts";
import { createHarness } from "./fixtures/harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  harness.outcomes.length = 0;
  harness.ready.length = 0;
});
const take = () => harness.ready.splice(0);

test("a forced message that is delivered twice computes once, and tells of that work twice", async () => {
  const message = await harness.accept("force me", ["read", "words"]);
  await harness.deliver(read, message);
  take();
  harness.outcomes.splice(0);
  const forced = { ...message, force: ["read", "words"] };
  const first = await harness.deliver(read, forced, { id: "m1" });
  const again = await harness.deliver(read, forced, { id: "m1", deliveryAttempt: 2 });
  expect([first.ending, again.ending]).toEqual(["computed", "skipped"]);
  // Whoever counts the forced request's own outcomes finds one, in both.
  const [told, toldAgain] = harness.outcomes;
  expect(told).toMatchObject({ how: "computed" });
  expect(toldAgain).toEqual({ ...told, at: toldAgain?.at });
  // What follows belongs to the same request, whichever of the two it came from.
  const [text, same] = take();
  if (!text || !same) throw new Error("expected two announcements");
  const endings = [await harness.deliver(words, text), await harness.deliver(words, same)];
  expect(endings.map(({ ending }) => ending)).toEqual(["computed", "skipped"]);
  // Another request is another.
  expect((await harness.deliver(read, forced, { id: "m2" })).ending).toBe("computed");
});

test("a forced attempt that failed is not made again for the same message; what was there still holds", async () => {
  const message = await harness.accept("empty in the end", ["read"]);
  const good = await harness.accept("empty in the end");
  const address = (await harness.deliver(read, good, { parts: { pool: making() } })) && good.master;
  expect(address).toBe(message.master);
  const forced = { ...message, force: ["read"] };
  const first = await harness.deliver(read, forced, { id: "f1" });
  const again = await harness.deliver(read, forced, { id: "f1", deliveryAttempt: 2 });
  expect([first.ending, again.ending]).toEqual(["failed", "failed-before"]);
  const failures = harness.outcomes.filter(({ outcome }) => outcome.status === "failed");
  expect(failures).toHaveLength(2);
  expect(failures[1]?.attempt).toEqual(failures[0]?.attempt);
  const last = await harness.deliver(read, message, { id: "not forced" });
  expect(last.ending).toBe("skipped");
});

/** A pool that succeeds where the step itself would fail. */
function making() {
  return {
    warmUp: async () => {},
    run: async ({ outputPath }: { readonly outputPath: string }) => {
      const { writeFile } = await import("node:fs/promises");
      await writeFile(outputPath, "MADE");
      return { status: "finished" as const, facts: { length: 4 }, composed: null, cpuMs: 0, tools: {} };
    },
    tools: () => ({}),
    [Symbol.asyncDispose]: async () => {},
  };
}

test("the joining of a forced run that was shared out, delivered again, shares nothing out", async () => {
  await harness.deliver(read, await harness.accept("seventeen letters", ["read", "stitch"]));
  const [text] = take();
  if (!text) throw new Error("expected the text to be announced");
  await harness.deliver(stitch, text);
  await deliverShares();
  // Its result is there: only the forced request makes it anew.
  const forced = { ...text, force: ["stitch"] };
  expect((await harness.deliver(stitch, forced)).ending).toBe("handed-on");
  const { joining, shares } = await deliverShares();
  expect(shares.length).toBeGreaterThan(1);
  for (const late of [joining, ...shares, forced]) {
    const id = late === forced ? joining.forceId : undefined;
    const { ending } = await harness.deliver(stitch, late, id ? { id } : {});
    expect(ending).toBe("skipped");
  }
  expect(take().filter(({ pieces }) => pieces)).toEqual([]);
});

/** Delivers shares, and what follows from them, until the joining has come to its end. */
async function deliverShares() {
  const shares = take();
  const queue = [...shares];
  for (let message = queue.shift(); message; message = queue.shift()) {
    const { ending } = await harness.deliver(stitch, message);
    if (ending === "computed") {
      take();
      return { joining: message, shares };
    }
    queue.push(...take());
  }
  throw new Error("expected the pieces to be joined");
}
